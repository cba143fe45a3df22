#include <sys/socket.h>

#include <memory>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "pacedns/upstream/udp_transport.hpp"

#include "support/transport_probe.hpp"

// Queries leave at the end of the wake-up, those of each socket together.

namespace pacedns::upstream {
namespace {

using test::Datagrams;
using test::Octets;
using test::reply_to;

std::string name_of(std::uint64_t flight) {
  return "n" + std::to_string(flight) + ".example.";
}

class UdpTransportFlushTest : public testing::Test {
 protected:
  Transport::Ticket send(std::uint64_t flight) { return probe_.send(*transport_, flight, name_of(flight)); }

  void send_all(std::uint64_t first, std::uint64_t end) {
    for (std::uint64_t flight = first; flight < end; ++flight)
      send(flight);
  }

  /// What has left by now.
  std::vector<Datagrams::Received> arrived() {
    std::vector<Datagrams::Received> all;
    probe_.loop.settle();
    while (auto each = upstream_.take())
      all.push_back(*std::move(each));
    return all;
  }

  static std::multiset<Octets> names(const std::vector<Datagrams::Received>& queries) {
    std::multiset<Octets> result;
    for (const auto& query : queries) {
      const auto view = dns::MessageView::parse(query.message).value();
      result.emplace(view.question().name().begin(), view.question().name().end());
    }
    return result;
  }
  static std::multiset<Octets> names(std::uint64_t first, std::uint64_t end) {
    std::multiset<Octets> result;
    for (std::uint64_t flight = first; flight < end; ++flight)
      result.insert(test::name(name_of(flight)));
    return result;
  }

  void answer(const std::vector<Datagrams::Received>& queries) {
    for (const auto& query : queries)
      upstream_.send(reply_to(query.message), query.from);
  }

  /// The descriptors of the transport's sockets.
  std::vector<int> sockets() {
    std::vector<int> found;
    for (int descriptor = 0; descriptor < 1024; ++descriptor) {
      boost::asio::ip::udp::endpoint peer;
      auto size = static_cast<socklen_t>(peer.capacity());
      if (::getpeername(descriptor, peer.data(), &size) == 0 && peer == upstream_.at().udp())
        found.push_back(descriptor);
    }
    return found;
  }

  /// Sending on it is an error from now on, as it is when a firewall forbids it.
  static void forbid_sending(int socket) { ASSERT_EQ(::shutdown(socket, SHUT_WR), 0); }

  test::TransportProbe probe_;
  Datagrams upstream_{probe_.loop};
  std::unique_ptr<UdpTransport> transport_ =
      std::make_unique<UdpTransport>(probe_.context, upstream_.at(), probe_.upstream);
};

TEST_F(UdpTransportFlushTest, NothingLeavesBeforeTheWakeUpEnds) {
  send(1);
  EXPECT_FALSE(upstream_.take());
  EXPECT_EQ(names(arrived()), names(1, 2));
}

TEST_F(UdpTransportFlushTest, ManyOfOneWakeUpAllArriveEachOnceAndAreAnswered) {
  constexpr std::uint64_t kCount = 600;
  for (std::uint64_t round = 0; round < 3; ++round) {
    probe_.replies.clear();
    send_all(round * kCount, (round + 1) * kCount);
    const auto queries = arrived();
    EXPECT_EQ(names(queries), names(round * kCount, (round + 1) * kCount));
    std::set<std::pair<std::uint16_t, std::uint16_t>> ports_and_ids;
    for (const auto& query : queries)
      ports_and_ids.emplace(query.from.port(), test::id_of(query.message));
    EXPECT_EQ(ports_and_ids.size(), kCount);

    answer(queries);
    probe_.await_replies(kCount);
    std::set<std::uint64_t> flights;
    for (const auto& reply : probe_.replies) {
      flights.insert(reply.flight);
      const auto view = dns::MessageView::parse(reply.message).value();
      EXPECT_EQ(Octets(view.question().name().begin(), view.question().name().end()),
                test::name(name_of(reply.flight)));
    }
    EXPECT_EQ(flights.size(), kCount);
  }
  probe_.loop.settle();
  EXPECT_EQ(probe_.mismatches(), 0U);
  EXPECT_TRUE(probe_.failures.empty());
  EXPECT_FALSE(upstream_.take());
}

TEST_F(UdpTransportFlushTest, QueriesOfAnySizeLeaveSideBySide) {
  std::vector<Octets> queries;
  for (const std::size_t more : {0U, 65000U, 1U, 1232U, 30000U, 0U})
    queries.push_back(test::MessageBuilder("x.").trailing(Octets(more, 7)).wire());
  queries.push_back(test::MessageBuilder("x.").wire());
  queries.back().resize(65507);
  std::multiset<Octets> sent, received;
  for (const Octets& query : queries) {
    ASSERT_TRUE(transport_->send({}, query, Spelling::AsIs, steady_now()));
    sent.emplace(query.begin() + 2, query.end());
  }
  for (const auto& each : arrived())
    received.emplace(each.message.begin() + 2, each.message.end());
  EXPECT_EQ(received, sent);
  EXPECT_TRUE(probe_.failures.empty());
}

TEST_F(UdpTransportFlushTest, ATransportThatGoesBeforehandSendsNothing) {
  const std::size_t before = test::open_descriptors();
  send_all(0, 100);
  transport_.reset();
  EXPECT_TRUE(arrived().empty());
  EXPECT_EQ(test::open_descriptors(), before);
  EXPECT_TRUE(probe_.failures.empty());
  transport_ = std::make_unique<UdpTransport>(probe_.context, upstream_.at(), probe_.upstream);
  send(1);
  EXPECT_EQ(names(arrived()), names(1, 2));
}

TEST_F(UdpTransportFlushTest, ALoopThatStopsBeforehandLeavesNothingBehind) {
  send_all(0, 100);
  probe_.loop.io.stop();
}

TEST_F(UdpTransportFlushTest, ACancelledQueryIsNotHeardOfWhetherItLeavesOrNot) {
  std::vector<Transport::Ticket> tickets;
  for (std::uint64_t flight = 0; flight < 60; ++flight)
    tickets.push_back(send(flight));
  for (std::size_t i = 0; i < tickets.size(); i += 3)
    transport_->cancel(tickets[i]);
  const auto queries = arrived();
  const auto heard = names(queries);
  for (std::uint64_t flight = 0; flight < 60; ++flight) {
    if (flight % 3 != 0) {
      EXPECT_EQ(heard.count(test::name(name_of(flight))), 1U) << flight;
    }
  }
  answer(queries);
  probe_.await_replies(40);
  probe_.loop.settle();
  EXPECT_EQ(probe_.replies.size(), 40U);
  for (const auto& reply : probe_.replies)
    EXPECT_NE(reply.flight % 3, 0U);
  EXPECT_TRUE(probe_.failures.empty());
}

// Those opened for retransmissions are closed again by that.
TEST_F(UdpTransportFlushTest, SocketsWhoseQueriesAreAllCancelledMayBeClosedBeforehand) {
  std::vector<Transport::Ticket> tickets;
  for (std::uint64_t flight = 0; flight < 50; ++flight)
    tickets.push_back(probe_.send(*transport_, flight, name_of(flight), 1));
  for (const auto ticket : tickets)
    transport_->cancel(ticket);
  send(100);
  EXPECT_EQ(names(arrived()).count(test::name(name_of(100))), 1U);
  EXPECT_TRUE(probe_.failures.empty() && probe_.replies.empty());
}

TEST_F(UdpTransportFlushTest, ASocketThatCannotSendFailsItsOwnQueriesOnce) {
  send_all(0, 16);
  const auto all = sockets();
  ASSERT_EQ(all.size(), 4U);
  forbid_sending(all[1]);
  EXPECT_TRUE(probe_.failures.empty());
  auto accounted = names(arrived());
  EXPECT_FALSE(probe_.failures.empty());
  for (const auto& failure : probe_.failures) {
    EXPECT_EQ(failure.error, boost::asio::error::broken_pipe);
    accounted.insert(test::name(name_of(failure.flight)));
  }
  EXPECT_EQ(accounted, names(0, 16));

  const std::size_t failed = probe_.failures.size();
  send_all(16, 200);
  EXPECT_EQ(names(arrived()), names(16, 200)) << "the socket has been replaced";
  EXPECT_EQ(probe_.failures.size(), failed);
}

TEST_F(UdpTransportFlushTest, RepliesThatAreThereCountAlthoughTheNextQueriesCannotLeave) {
  send_all(0, 4);  // one a socket
  answer(arrived());
  for (const int socket : sockets())
    forbid_sending(socket);
  send_all(4, 20);
  EXPECT_TRUE(arrived().empty());
  EXPECT_EQ(probe_.replies.size(), 4U);
  std::vector<std::uint64_t> others(16);
  std::iota(others.begin(), others.end(), 4);
  EXPECT_EQ(probe_.failed(), others);
}

TEST_F(UdpTransportFlushTest, ACallbackOfAFailureMaySendAgain) {
  send_all(0, 8);
  for (const int socket : sockets())
    forbid_sending(socket);
  // One that is sent on another of these sockets fails like those before it.
  std::uint64_t sent = 8;
  probe_.then = [&](const ExchangeKey&) { send(sent++); };
  const auto heard = names(arrived());
  EXPECT_EQ(heard.size(), 8U);
  EXPECT_EQ(probe_.failures.size(), sent - 8);
  auto accounted = heard;
  for (const auto& failure : probe_.failures)
    accounted.insert(test::name(name_of(failure.flight)));
  EXPECT_EQ(accounted, names(0, sent)) << "each either arrives or fails, and once";
}

TEST_F(UdpTransportFlushTest, ACallbackOfAFailureMayCancelTheOthers) {
  std::vector<Transport::Ticket> tickets;
  for (std::uint64_t flight = 0; flight < 40; ++flight)
    tickets.push_back(send(flight));
  for (const int socket : sockets())
    forbid_sending(socket);
  probe_.then = [&](const ExchangeKey&) {
    for (const auto ticket : tickets)
      transport_->cancel(ticket);
  };
  EXPECT_TRUE(arrived().empty());
  EXPECT_EQ(probe_.failures.size(), 1U);
}

TEST_F(UdpTransportFlushTest, ATransportMayGoInsideACallbackOfAFailure) {
  send_all(0, 40);
  for (const int socket : sockets())
    forbid_sending(socket);
  probe_.then = [&](const ExchangeKey&) { transport_.reset(); };
  EXPECT_TRUE(arrived().empty());
  EXPECT_EQ(probe_.failures.size(), 1U);
}

TEST_F(UdpTransportFlushTest, AReplyBehindManyThatDoNotMatchIsFound) {
  send(1);
  const auto queries = arrived();
  ASSERT_EQ(queries.size(), 1U);
  constexpr std::size_t kOthers = 200;
  for (std::size_t i = 0; i < kOthers; ++i)
    upstream_.send(Octets(i % 20, 0xff), queries[0].from);
  answer(queries);
  probe_.await_replies(1);
  EXPECT_EQ(probe_.mismatches(), kOthers);
}

}  // namespace
}  // namespace pacedns::upstream
