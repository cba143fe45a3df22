#include <memory>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "pacedns/upstream/udp_transport.hpp"

#include "support/transport_probe.hpp"

// What the kernel and ICMP say: each exchange that was sent ends once.

namespace pacedns::upstream {
namespace {

using test::Datagrams;

class UdpTransportFailureTest : public testing::Test {
 protected:
  /// Nobody is there: whoever was has closed.
  [[nodiscard]] net::Endpoint closed_port() {
    const auto taken = std::make_unique<Datagrams>(probe_.loop);
    return taken->at();
  }

  test::TransportProbe probe_;
  net::Endpoint nobody_ = closed_port();
  UdpTransport transport_{probe_.context, nobody_, probe_.upstream};
};

TEST_F(UdpTransportFailureTest, AClosedPortFailsTheExchange) {
  probe_.send(transport_, 5);
  EXPECT_TRUE(probe_.failures.empty()) << "never before `send` has returned";
  probe_.await_failures(1);
  EXPECT_EQ(probe_.failures[0].flight, 5U);
  EXPECT_EQ(probe_.failures[0].error, boost::asio::error::connection_refused);
}

TEST_F(UdpTransportFailureTest, EachOutstandingExchangeFailsOnce) {
  constexpr std::uint64_t kCount = 100;
  std::vector<std::uint64_t> sent;
  for (std::uint64_t i = 1; i <= kCount; ++i) {
    probe_.send(transport_, i);
    sent.push_back(i);
  }
  probe_.await_failures(sent.size());
  probe_.loop.settle();
  EXPECT_EQ(probe_.failed(), sent);
  EXPECT_TRUE(probe_.replies.empty());
}

// The error of the first ones is there when the next ones leave.
TEST_F(UdpTransportFailureTest, WhatIsSentBeforeAnErrorHasBeenHeardFailsOnceToo) {
  std::vector<std::uint64_t> sent;
  for (std::uint64_t wake_up = 0; wake_up < 10; ++wake_up) {
    for (std::uint64_t i = 0; i < 10; ++i) {
      sent.push_back(10 * wake_up + i);
      probe_.send(transport_, sent.back());
    }
    probe_.loop.io.restart();
    probe_.loop.io.poll_one();
  }
  probe_.await_failures(sent.size());
  probe_.loop.settle();
  EXPECT_EQ(probe_.failed(), sent);
  EXPECT_TRUE(probe_.replies.empty());
}

TEST_F(UdpTransportFailureTest, SocketsThatHeardOfAFailureAreReplaced) {
  for (std::uint64_t i = 1; i <= 500; ++i) {
    probe_.send(transport_, i);
    probe_.await_failures(i);
  }
  EXPECT_LE(transport_.socket_count(), 8U);
}

TEST_F(UdpTransportFailureTest, ACancelledExchangeDoesNotFail) {
  const auto ticket = probe_.send(transport_, 1);
  transport_.cancel(ticket);
  probe_.send(transport_, 2);
  probe_.await_failures(1);
  probe_.loop.settle();
  EXPECT_EQ(probe_.failed(), std::vector<std::uint64_t>{2});
}

TEST_F(UdpTransportFailureTest, ACallbackMayCancelThoseThatWouldFailNext) {
  Datagrams upstream(probe_.loop);
  auto transport = std::make_unique<UdpTransport>(probe_.context, upstream.at(), probe_.upstream);
  std::vector<Transport::Ticket> tickets;
  for (std::uint64_t i = 0; i < 100; ++i)
    tickets.push_back(probe_.send(*transport, i));
  probe_.then = [&](const ExchangeKey&) {
    for (const auto ticket : tickets)
      transport->cancel(ticket);
  };
  upstream.socket().close();
  // ICMP comes in answer to what is sent: each socket gets one more query.
  for (std::uint64_t i = 100; i < 140; ++i)
    (void)probe_.try_send(*transport, i);
  probe_.await_failures(1);
  probe_.loop.settle();
  std::size_t of_the_cancelled = 0;
  for (const auto& failure : probe_.failures)
    of_the_cancelled += failure.flight < 100 ? 1 : 0;
  EXPECT_LE(of_the_cancelled, 1U) << "only the one that was told first";
}

TEST_F(UdpTransportFailureTest, ACallbackMaySendAgain) {
  probe_.then = [&](const ExchangeKey& key) {
    if (key.flight < 50) (void)probe_.try_send(transport_, key.flight + 1);
  };
  probe_.send(transport_, 1);
  probe_.await_failures(50);
  probe_.loop.settle();
  std::vector<std::uint64_t> all(50);
  std::iota(all.begin(), all.end(), 1);
  EXPECT_EQ(probe_.failed(), all);
}

TEST_F(UdpTransportFailureTest, ATransportMayGoInsideItsCallback) {
  auto transport = std::make_unique<UdpTransport>(probe_.context, nobody_, probe_.upstream);
  probe_.then = [&](const ExchangeKey&) { transport.reset(); };
  for (std::uint64_t i = 1; i <= 100; ++i)
    (void)probe_.try_send(*transport, i);
  probe_.await_failures(1);
  probe_.loop.settle();
  EXPECT_EQ(probe_.failures.size(), 1U);
}

TEST_F(UdpTransportFailureTest, AnUnreachableNetworkIsAnErrorOfSend) {
  // As without a route, the kernel refuses to connect: sockets may not send there unless they ask for it.
  UdpTransport transport(probe_.context, test::loopback("255.255.255.255", 53), probe_.upstream);
  for (std::uint64_t i = 0; i < 100; ++i)
    EXPECT_FALSE(probe_.try_send(transport, i));
  EXPECT_EQ(transport.socket_count(), 0U);
  probe_.loop.settle();
  EXPECT_TRUE(probe_.failures.empty()) << "it was never under way";
}

TEST_F(UdpTransportFailureTest, AQueryThatIsTooLongFailsAlone) {
  auto query = test::MessageBuilder("x.").wire();
  query.resize(66000);
  Datagrams upstream(probe_.loop);
  UdpTransport transport(probe_.context, upstream.at(), probe_.upstream);
  for (std::uint64_t i = 0; i < 40; ++i) {
    if (i % 5 == 2) {
      ASSERT_TRUE(transport.send({.flight = i}, query, Spelling::AsIs, steady_now()));
    } else {
      probe_.send(transport, i);
    }
  }
  EXPECT_TRUE(probe_.failures.empty()) << "never before `send` has returned";
  probe_.await_failures(8);
  for (int i = 0; i < 32; ++i) {
    const auto received = upstream.receive();
    upstream.send(test::reply_to(received.message), received.from);
  }
  probe_.await_replies(32);
  probe_.loop.settle();
  EXPECT_EQ(probe_.failed(), (std::vector<std::uint64_t>{2, 7, 12, 17, 22, 27, 32, 37}));
  for (const auto& failure : probe_.failures)
    EXPECT_EQ(failure.error, boost::asio::error::message_size);
  EXPECT_EQ(probe_.replies.size(), 32U);
}

// The error is about what left before it was heard of.
TEST_F(UdpTransportFailureTest, WhatLeavesOnceTheUpstreamIsBackDoesNotFail) {
  for (std::uint64_t i = 0; i < 4; ++i)
    probe_.send(transport_, i);
  probe_.loop.io.restart();
  for (int flushes = 0; flushes < 4; ++flushes)
    probe_.loop.io.poll_one();
  EXPECT_TRUE(probe_.failures.empty()) << "it has been told by the kernel, but not been asked for";
  Datagrams upstream(probe_.loop, nobody_);
  for (std::uint64_t i = 4; i < 40; ++i)
    probe_.send(transport_, i);
  for (int i = 4; i < 40; ++i) {
    const auto received = upstream.receive();
    upstream.send(test::reply_to(received.message), received.from);
  }
  probe_.await_replies(36);
  probe_.loop.settle();
  EXPECT_EQ(probe_.failed(), (std::vector<std::uint64_t>{0, 1, 2, 3}));
  EXPECT_EQ(probe_.replies.size(), 36U);
  EXPECT_EQ(probe_.mismatches(), 0U);
  EXPECT_FALSE(upstream.take());
}

TEST_F(UdpTransportFailureTest, FailuresLeaveNothingToWakeUpFor) {
  for (std::uint64_t i = 0; i < 100; ++i)
    probe_.send(transport_, i);
  probe_.await_failures(100);
  probe_.loop.settle();
  probe_.loop.io.restart();
  EXPECT_EQ(probe_.loop.io.poll(), 0U);
}

}  // namespace
}  // namespace pacedns::upstream
