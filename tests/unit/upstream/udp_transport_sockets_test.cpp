#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pacedns/upstream/udp_transport.hpp"

#include "support/transport_probe.hpp"

// Ports and IDs (RFC 5452 §9.2), and that no socket is kept for longer than it is needed.

namespace pacedns::upstream {
namespace {

using test::Datagrams;
using test::id_of;
using test::open_descriptors;
using test::reply_to;

/// The sockets that stay open for new queries, and some that wait for their last reply.
constexpr std::size_t kFew = 8;

class UdpTransportSocketsTest : public testing::Test {
 protected:
  test::TransportProbe probe_;
  Datagrams upstream_{probe_.loop};
  UdpTransport transport_{probe_.context, upstream_.at(), probe_.upstream};
};

TEST_F(UdpTransportSocketsTest, PortsAndIdsCannotBeForetold) {
  std::set<std::uint16_t> ports;
  std::set<std::uint16_t> ids;
  std::set<std::uint32_t> pairs;
  int next_id = 0;
  int same_port = 0;
  std::uint16_t last_id = 0;
  std::uint16_t last_port = 0;
  constexpr int kQueries = 5000;
  for (int i = 0; i < kQueries; ++i) {
    const auto ticket = probe_.send(transport_, static_cast<std::uint64_t>(i));
    const auto received = upstream_.receive();
    transport_.cancel(ticket);
    const auto id = id_of(received.message);
    const auto port = received.from.port();
    next_id += id == static_cast<std::uint16_t>(last_id + 1) ? 1 : 0;
    same_port += port == last_port ? 1 : 0;
    last_id = id;
    last_port = port;
    ids.insert(id);
    ports.insert(port);
    pairs.insert((std::uint32_t{port} << 16) | id);
  }
  EXPECT_GT(ports.size(), 100U);
  EXPECT_GT(ids.size(), 4500U);  // 4,814 are expected of 5,000 random ones
  EXPECT_GT(pairs.size(), 4990U);
  EXPECT_LT(next_id, 10);
  EXPECT_LT(same_port, kQueries / 2) << "each query picks one of several sockets";
  EXPECT_LE(transport_.socket_count(), kFew);
}

TEST_F(UdpTransportSocketsTest, AnsweredQueriesLeaveNoSocketsBehind) {
  for (std::uint64_t i = 1; i <= 3000; ++i) {
    probe_.send(transport_, i);
    const auto received = upstream_.receive();
    upstream_.send(reply_to(received.message), received.from);
    probe_.await_replies(i);
  }
  EXPECT_LE(transport_.socket_count(), kFew);
}

TEST_F(UdpTransportSocketsTest, SocketsAreKeptOnlyForWhatIsOutstanding) {
  std::vector<Transport::Ticket> tickets;
  for (std::uint64_t i = 0; i < 6000; ++i) {
    tickets.push_back(probe_.send(transport_, i));
    (void)upstream_.take();
  }
  EXPECT_LE(transport_.socket_count(), 256U) << "with silent upstreams the number of descriptors is bounded";
  for (const auto ticket : tickets)
    transport_.cancel(ticket);
  probe_.loop.settle();
  EXPECT_LE(transport_.socket_count(), kFew);
  EXPECT_TRUE(probe_.replies.empty() && probe_.failures.empty());
}

TEST_F(UdpTransportSocketsTest, ASilentUpstreamCanBeAskedByAsManyFlightsAsThereMayBe) {
  for (std::uint64_t i = 0; i < 10000; ++i) {
    ASSERT_TRUE(probe_.try_send(transport_, i)) << i;
    (void)upstream_.take();
  }
}

TEST_F(UdpTransportSocketsTest, HoweverManyRetransmissionsAreUnderWayThereIsRoomForMore) {
  for (std::uint64_t i = 0; i < 300; ++i) {
    probe_.send(transport_, i, "www.example.", 1);
    (void)upstream_.take();
  }
  for (std::uint64_t i = 300; i < 10000; ++i) {
    ASSERT_TRUE(probe_.try_send(transport_, i)) << i;
    (void)upstream_.take();
  }
}

TEST_F(UdpTransportSocketsTest, RetransmissionsTakeThePlaceOfSocketsThatWereSilent) {
  probe_.send(transport_, 0);
  const auto silent = upstream_.receive().from.port();
  std::uint64_t flight = 1;
  for (int i = 0; i < 4; ++i) {
    probe_.send(transport_, flight++, "www.example.", 1);
    (void)upstream_.receive();
  }
  for (int i = 0; i < 100; ++i) {
    probe_.send(transport_, flight++);
    EXPECT_NE(upstream_.receive().from.port(), silent);
  }
}

TEST_F(UdpTransportSocketsTest, ARetransmissionUsesAnotherPort) {
  for (std::uint64_t flight = 0; flight < 20; ++flight) {
    std::set<std::uint16_t> ports;
    for (std::uint16_t transmission = 0; transmission < 5; ++transmission) {
      probe_.send(transport_, flight, "www.example.", transmission);
      ports.insert(upstream_.receive().from.port());
    }
    EXPECT_EQ(ports.size(), 5U);
  }
}

TEST_F(UdpTransportSocketsTest, TheReplyToAnyTransmissionCounts) {
  probe_.send(transport_, 1, "www.example.", 0);
  const auto first = upstream_.receive();
  probe_.send(transport_, 1, "www.example.", 1);
  const auto second = upstream_.receive();
  std::vector<std::uint16_t> answered;
  probe_.then = [&](const ExchangeKey& key) { answered.push_back(key.transmission); };
  upstream_.send(reply_to(second.message), second.from);
  probe_.await_replies(1);
  upstream_.send(reply_to(first.message), first.from);
  probe_.await_replies(2);
  EXPECT_EQ(answered, (std::vector<std::uint16_t>{1, 0}));
}

TEST_F(UdpTransportSocketsTest, ABurstOfRetransmissionsLeavesNoSocketsBehind) {
  std::vector<Transport::Ticket> tickets;
  for (std::uint64_t i = 0; i < 200; ++i)
    tickets.push_back(probe_.send(transport_, i, "www.example.", 1));
  for (const auto ticket : tickets)
    transport_.cancel(ticket);
  probe_.loop.settle();
  EXPECT_LE(transport_.socket_count(), kFew);
}

TEST_F(UdpTransportSocketsTest, ATransportThatGoesClosesItsSockets) {
  const std::size_t before = open_descriptors();
  auto transport = std::make_unique<UdpTransport>(probe_.context, upstream_.at(), probe_.upstream);
  for (std::uint64_t i = 0; i < 300; ++i)
    probe_.send(*transport, i);
  EXPECT_GT(open_descriptors(), before);
  transport.reset();
  probe_.loop.settle();
  EXPECT_EQ(open_descriptors(), before);
  EXPECT_TRUE(probe_.replies.empty() && probe_.failures.empty());
}

TEST_F(UdpTransportSocketsTest, ATransportMayGoWhileItsRepliesAreThere) {
  auto transport = std::make_unique<UdpTransport>(probe_.context, upstream_.at(), probe_.upstream);
  probe_.send(*transport, 1);
  probe_.loop.settle();
  const auto received = upstream_.receive();
  upstream_.send(reply_to(received.message), received.from);
  transport.reset();
  probe_.loop.settle();
  EXPECT_TRUE(probe_.replies.empty() && probe_.failures.empty());
}

TEST_F(UdpTransportSocketsTest, ATransportMayGoInsideItsCallback) {
  auto transport = std::make_unique<UdpTransport>(probe_.context, upstream_.at(), probe_.upstream);
  probe_.then = [&](const ExchangeKey&) { transport.reset(); };
  for (std::uint64_t i = 0; i < 100; ++i)
    probe_.send(*transport, i);
  for (int i = 0; i < 100; ++i) {
    const auto received = upstream_.receive();
    upstream_.send(reply_to(received.message), received.from);
  }
  probe_.await_replies(1);
  probe_.loop.settle();
  EXPECT_EQ(probe_.replies.size(), 1U);
}

TEST_F(UdpTransportSocketsTest, ATransportMayGoAfterALoopThatRunsNoMore) {
  const auto transport = std::make_unique<UdpTransport>(probe_.context, upstream_.at(), probe_.upstream);
  probe_.send(*transport, 1);
  const auto received = upstream_.receive();
  upstream_.send(reply_to(received.message), received.from);
  probe_.loop.io.stop();
}

}  // namespace
}  // namespace pacedns::upstream
