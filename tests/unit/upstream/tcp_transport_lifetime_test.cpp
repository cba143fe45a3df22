#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "pacedns/upstream/tcp_transport.hpp"

#include "support/transport_probe.hpp"

// Callbacks that send and cancel, and transports that go while something is under way.

namespace pacedns::upstream {
namespace {

using test::join;
using test::open_descriptors;
using test::reply_to;
using test::Stream;
using test::StreamAcceptor;
using test::u16;

class TcpTransportLifetimeTest : public testing::Test {
 protected:
  void answer(Stream& stream) {
    const auto reply = reply_to(stream.read());
    stream.write(join({u16(reply.size()), reply}));
  }

  /// A connection that has brought a reply.
  [[nodiscard]] Stream connected() {
    probe_.send(*transport_, 0);
    Stream stream = upstream_.accept();
    answer(stream);
    probe_.await_replies(1);
    return stream;
  }

  test::TransportProbe probe_;
  StreamAcceptor upstream_{probe_.loop};
  std::unique_ptr<TcpTransport> transport_ =
      std::make_unique<TcpTransport>(probe_.context, upstream_.at(), probe_.upstream);
};

TEST_F(TcpTransportLifetimeTest, AReplysCallbackMaySendAndCancel) {
  std::vector<Transport::Ticket> tickets;
  for (std::uint64_t i = 1; i <= 10; ++i)
    tickets.push_back(probe_.send(*transport_, i));
  probe_.then = [&](const ExchangeKey&) {
    for (const auto ticket : tickets)
      transport_->cancel(ticket);
    if (probe_.replies.size() == 1) probe_.send(*transport_, 100);
  };
  Stream stream = upstream_.accept();
  for (int i = 0; i < 11; ++i)
    answer(stream);
  probe_.await_replies(2);
  EXPECT_EQ(probe_.replies[1].flight, 100U);
  EXPECT_EQ(probe_.mismatches(), 9U);
}

TEST_F(TcpTransportLifetimeTest, AFailuresCallbackMayCancelThoseThatWouldFailNext) {
  std::vector<Transport::Ticket> tickets;
  for (std::uint64_t i = 1; i <= 10; ++i)
    tickets.push_back(probe_.send(*transport_, i));
  probe_.then = [&](const ExchangeKey&) {
    for (const auto ticket : tickets)
      transport_->cancel(ticket);
  };
  upstream_.accept().reset();
  probe_.await_failures(1);
  probe_.loop.settle();
  EXPECT_EQ(probe_.failures.size(), 1U);
}

TEST_F(TcpTransportLifetimeTest, AFailuresCallbackMaySendAgain) {
  probe_.send(*transport_, 1);
  probe_.send(*transport_, 2);
  probe_.then = [&](const ExchangeKey& key) {
    if (!probe_.failures.empty() && key.flight < 10) probe_.send(*transport_, key.flight + 10);
  };
  upstream_.accept().reset();
  Stream second = upstream_.accept();
  answer(second);
  answer(second);
  probe_.await_replies(2);
  EXPECT_EQ(probe_.failed(), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_FALSE(upstream_.another());
}

/// Many are cancelled by the callback of one that failed while as many new ones wait on the new connection.
/// With 16 bits of ID some of the old IDs are in use there again; the new queries must not go with them.
TEST_F(TcpTransportLifetimeTest, CancellingWhatFailedLeavesTheNewConnectionAlone) {
  constexpr std::uint64_t kCount = 3000;
  std::vector<Transport::Ticket> old;
  for (std::uint64_t i = 1; i <= kCount; ++i)
    old.push_back(probe_.send(*transport_, i));
  probe_.then = [&](const ExchangeKey&) {
    probe_.then = nullptr;
    for (std::uint64_t i = 1; i <= kCount; ++i)
      probe_.send(*transport_, kCount + i);
    for (const auto ticket : old)
      transport_->cancel(ticket);
  };
  upstream_.accept().reset();
  probe_.await_failures(1);
  Stream second = upstream_.accept();
  for (std::uint64_t i = 1; i <= kCount; ++i)
    answer(second);
  probe_.loop.until([&] { return probe_.replies.size() + probe_.mismatches() == kCount; });
  EXPECT_EQ(probe_.mismatches(), 0U);
}

TEST_F(TcpTransportLifetimeTest, ATransportMayGoInsideAReplysCallback) {
  for (std::uint64_t i = 1; i <= 5; ++i)
    probe_.send(*transport_, i);
  probe_.then = [&](const ExchangeKey&) { transport_.reset(); };
  Stream stream = upstream_.accept();
  test::Octets all;
  for (int i = 0; i < 5; ++i) {
    const auto reply = reply_to(stream.read());
    all = join({all, u16(reply.size()), reply});
  }
  stream.write(all);
  probe_.loop.until([&] { return stream.ended(); });
  EXPECT_EQ(probe_.replies.size(), 1U);
  EXPECT_TRUE(probe_.failures.empty());
}

TEST_F(TcpTransportLifetimeTest, ATransportMayGoInsideTheLastFailuresCallback) {
  probe_.send(*transport_, 1);
  probe_.then = [&](const ExchangeKey&) { transport_.reset(); };
  upstream_.accept().reset();
  probe_.await_failures(1);
  probe_.loop.settle();
}

TEST_F(TcpTransportLifetimeTest, ATransportMayGoBeforeItHasConnected) {
  const std::size_t before = open_descriptors();
  probe_.send(*transport_, 1);
  transport_.reset();
  probe_.loop.settle();
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_FALSE(upstream_.another()) << "nobody wants that connection any more";
}

TEST_F(TcpTransportLifetimeTest, ATransportMayGoWhileItConnects) {
  const std::size_t before = open_descriptors();
  probe_.send(*transport_, 1);
  probe_.loop.io.run_one();
  transport_.reset();
  probe_.loop.settle();
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(probe_.replies.empty() && probe_.failures.empty());
}

TEST_F(TcpTransportLifetimeTest, ATransportMayGoWithRepliesThere) {
  const std::size_t before = open_descriptors();
  {
    Stream stream = connected();
    probe_.send(*transport_, 1);
    answer(stream);
    transport_.reset();
    probe_.loop.settle();
    probe_.loop.until([&] { return stream.ended(); });
  }
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_EQ(probe_.replies.size(), 1U);
}

TEST_F(TcpTransportLifetimeTest, ATransportMayGoWhileItsQueriesCannotBeWritten) {
  Stream stream = connected();
  // More than the kernel takes from us without the other side reading.
  for (std::uint64_t i = 0; i < 100; ++i) {
    static const auto query = test::MessageBuilder("x.").trailing(test::Octets(65000, 0)).wire();
    ASSERT_TRUE(transport_->send({.flight = i}, query, Spelling::AsIs, steady_now()));
  }
  probe_.loop.settle();
  transport_.reset();
  probe_.loop.settle();
  EXPECT_TRUE(probe_.failures.empty());
}

TEST_F(TcpTransportLifetimeTest, TheLoopMayEndWithEverythingSuspended) {
  Stream stream = connected();
  probe_.send(*transport_, 1);
  probe_.loop.io.poll_one();
  probe_.loop.io.stop();
}

}  // namespace
}  // namespace pacedns::upstream
