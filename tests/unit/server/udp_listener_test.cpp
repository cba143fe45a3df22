#include "pacedns/server/udp_listener.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/server_probe.hpp"

namespace pacedns::server {
namespace {

using metrics::Counter;
using test::Datagrams;
using test::loopback;
using test::Octets;
using test::ScriptedHandler;

class UdpListenerTest : public testing::Test {
 protected:
  UdpListenerTest() { start("127.0.0.1"); }

  /// Another one, at an address of the test's choice.
  void start(const char* address) {
    auto socket = net::open_udp(loop_.io, loopback(address)).value();
    at_ = {boost::asio::ip::make_address(address), socket.local_endpoint().port()};
    listeners_.push_back(std::make_unique<UdpListener>(std::move(socket), 7, access_, handler_, counters_));
    listeners_.back()->start();
  }
  UdpListener& listener() { return *listeners_.back(); }

  void await_queries(std::size_t count) {
    loop_.until([&] { return handler_.seen.size() >= count; });
  }

  test::EventLoop loop_;
  metrics::Counters counters_;
  ScriptedHandler handler_;
  AccessControl access_{loopback_prefixes()};
  net::Endpoint at_;
  std::vector<std::unique_ptr<UdpListener>> listeners_;
};

TEST_F(UdpListenerTest, HandsOverWhatCameAndWhoSentIt) {
  Datagrams client(loop_);
  client.send({1, 2, 3}, at_);
  EXPECT_EQ(client.receive().message, (Octets{1, 2, 3}));
  ASSERT_EQ(handler_.seen.size(), 1U);
  EXPECT_EQ(handler_.seen[0].query, (Octets{1, 2, 3}));
  EXPECT_EQ(handler_.seen[0].client.listener, 7U);
  EXPECT_FALSE(handler_.seen[0].client.over_tcp());
  EXPECT_EQ(handler_.seen[0].client.peer.address(), client.at().address);
  EXPECT_TRUE(handler_.seen[0].allowed);
  EXPECT_GE(handler_.reply_room, net::DatagramBatch::kReplySize);
  EXPECT_EQ(counters_.get(Counter::QueriesUdp), 1U);
}

TEST_F(UdpListenerTest, HundredsAtOnceAreAllAnsweredEachToItsSender) {
  constexpr std::size_t kClients = 20;
  constexpr std::size_t kEach = 30;
  std::vector<Datagrams> clients;
  for (std::size_t i = 0; i < kClients; ++i)
    clients.emplace_back(loop_);
  for (std::size_t n = 0; n < kEach; ++n) {
    for (std::size_t i = 0; i < kClients; ++i)
      clients[i].send(test::join({test::u16(i), test::u16(n)}), at_);
  }
  for (std::size_t i = 0; i < kClients; ++i) {
    for (std::size_t n = 0; n < kEach; ++n)
      EXPECT_EQ(clients[i].receive().message, test::join({test::u16(i), test::u16(n)}));
    EXPECT_FALSE(clients[i].take());
  }
  EXPECT_EQ(counters_.get(Counter::QueriesUdp), kClients * kEach);
  EXPECT_EQ(counters_.get(Counter::DroppedReplies), 0U);
}

TEST_F(UdpListenerTest, ABatchMayHoldQueriesOfEveryFate) {
  handler_.answer = [](const ScriptedHandler::Seen& seen, MutableBytes reply) {
    if (seen.query[1] % 3 == 0) return Handled::later();
    if (seen.query[1] % 3 == 1) return Handled::never();
    return ScriptedHandler::echo(seen.query, reply);
  };
  Datagrams client(loop_);
  for (std::size_t i = 0; i < 90; ++i)
    client.send(test::u16(i), at_);
  await_queries(90);
  for (std::size_t i = 2; i < 90; i += 3)
    EXPECT_EQ(client.receive().message, test::u16(i));
  EXPECT_FALSE(client.take());
  for (std::size_t i = 0; i < 90; i += 3)
    listener().send(handler_.seen[i].client, test::u16(1000 + i));
  for (std::size_t i = 0; i < 90; i += 3)
    EXPECT_EQ(client.receive().message, test::u16(1000 + i));
  EXPECT_FALSE(client.take());
}

TEST_F(UdpListenerTest, AnEmptyDatagramIsHandedOverAndStopsNothing) {
  handler_.answer = [](const ScriptedHandler::Seen& seen, MutableBytes reply) {
    return seen.query.empty() ? Handled::never() : ScriptedHandler::echo(seen.query, reply);
  };
  Datagrams client(loop_);
  for (int i = 0; i < 50; ++i)
    client.send({}, at_);
  client.send({9}, at_);
  EXPECT_EQ(client.receive().message, Octets{9});
  EXPECT_EQ(handler_.seen.size(), 51U);
}

TEST_F(UdpListenerTest, ALongDatagramIsCutAndStopsNothing) {
  handler_.answer = [](const ScriptedHandler::Seen&, MutableBytes reply) {
    return ScriptedHandler::echo({1}, reply);
  };
  Datagrams client(loop_);
  client.send(Octets(4097, 7), at_);
  client.send(Octets(60000, 7), at_);
  client.send(Octets(4096, 7), at_);
  client.send({7}, at_);
  for (int i = 0; i < 4; ++i)
    (void)client.receive();
  EXPECT_EQ(handler_.seen[0].query, Octets(4096, 7));
  EXPECT_EQ(handler_.seen[1].query, Octets(4096, 7));
  EXPECT_EQ(handler_.seen[2].query, Octets(4096, 7));
  EXPECT_EQ(handler_.seen[3].query, Octets{7});
}

TEST_F(UdpListenerTest, AccessIsDecidedForEachDatagramByItsSender) {
  Datagrams inside(loop_, loopback("127.0.0.1"));
  Datagrams outside(loop_, loopback("127.0.0.9"));
  access_ = AccessControl({net::Prefix::parse("127.0.0.1").value()});
  inside.send({1}, at_);
  outside.send({2}, at_);
  await_queries(2);
  EXPECT_TRUE(handler_.seen[0].allowed);
  EXPECT_FALSE(handler_.seen[1].allowed);
  access_ = AccessControl({net::Prefix::parse("127.0.0.9").value()});  // as a reload does
  inside.send({1}, at_);
  outside.send({2}, at_);
  await_queries(4);
  EXPECT_FALSE(handler_.seen[2].allowed);
  EXPECT_TRUE(handler_.seen[3].allowed);
}

TEST_F(UdpListenerTest, AWildcardSocketAnswersFromTheAddressThatWasAskedNowAndLater) {
  start("0.0.0.0");
  handler_.answer = [](const ScriptedHandler::Seen& seen, MutableBytes reply) {
    return seen.query[0] == 0 ? Handled::later() : ScriptedHandler::echo(seen.query, reply);
  };
  for (const char* address : {"127.0.0.1", "127.0.0.2", "127.9.9.9"}) {
    const net::Endpoint asked = loopback(address, at_.port);
    Datagrams client(loop_);
    client.connect(asked);
    client.send({1}, asked);
    EXPECT_EQ(client.receive().message, Octets{1}) << address;
    const std::size_t before = handler_.seen.size();
    client.send({0}, asked);
    await_queries(before + 1);
    listener().send(handler_.seen.back().client, Octets{3});
    EXPECT_EQ(client.receive().message, Octets{3}) << address;
  }
}

TEST_F(UdpListenerTest, ServesIpv6) {
  if (!test::ipv6_there()) GTEST_SKIP() << "no IPv6 here";
  for (const char* address : {"::1", "::"}) {
    start(address);
    const net::Endpoint asked = loopback("::1", at_.port);
    Datagrams client(loop_, loopback("::1"));
    client.connect(asked).send({6}, asked);
    EXPECT_EQ(client.receive().message, Octets{6});
    EXPECT_TRUE(handler_.seen.back().allowed);
    EXPECT_EQ(handler_.seen.back().client.peer.address(), asked.address);
    listener().send(handler_.seen.back().client, Octets{7});
    EXPECT_EQ(client.receive().message, Octets{7});
  }
}

TEST_F(UdpListenerTest, AClientThatHasGoneDoesNotStopIt) {
  for (int i = 0; i < 200; ++i) {
    Datagrams gone(loop_);
    gone.send({1}, at_);
  }
  await_queries(200);  // and the replies hit closed ports
  Datagrams client(loop_);
  client.send({2}, at_);
  EXPECT_EQ(client.receive().message, Octets{2});
  listener().send(handler_.seen[0].client, Octets{3});
  client.send({4}, at_);
  EXPECT_EQ(client.receive().message, Octets{4});
}

TEST_F(UdpListenerTest, AfterStopNothingIsReadButRepliesGoOut) {
  handler_.answer = ScriptedHandler::later;
  Datagrams client(loop_);
  client.send({1}, at_);
  await_queries(1);
  listener().stop();
  client.send({2}, at_);
  loop_.settle();
  EXPECT_EQ(handler_.seen.size(), 1U);
  listener().send(handler_.seen[0].client, Octets{3});
  EXPECT_EQ(client.receive().message, Octets{3});
}

TEST_F(UdpListenerTest, StopLeavesWhatHasComeToTheNextWhoHasTheSocket) {
  Datagrams client(loop_);
  loop_.settle();
  client.send({1}, at_);
  listener().stop();
  loop_.settle();
  EXPECT_TRUE(handler_.seen.empty());
}

TEST_F(UdpListenerTest, ARetiredOneAnswersAllThatHasCome) {
  constexpr std::uint8_t kMoreThanAWakeUp = 200;
  Datagrams client(loop_);
  loop_.settle();
  for (int round = 0; round < 2; ++round) {
    for (std::uint8_t i = 0; i < kMoreThanAWakeUp; ++i)
      client.send({i}, at_);
  }
  listener().retire();
  EXPECT_EQ(handler_.seen.size(), 2U * kMoreThanAWakeUp);
  loop_.settle();
  client.send({1}, at_);
  loop_.settle();
  EXPECT_EQ(handler_.seen.size(), 2U * kMoreThanAWakeUp);
}

TEST_F(UdpListenerTest, ARetiredOneAnswersWhatHasComeAndLeavesTheAddressToOthers) {
  handler_.answer = ScriptedHandler::later;
  Datagrams client(loop_);
  loop_.settle();
  client.send({1}, at_);
  listener().retire();
  ASSERT_EQ(handler_.seen.size(), 1U);

  auto successor = net::open_udp(loop_.io, at_).value();
  for (std::uint8_t i = 0; i < 20; ++i)
    client.send({i}, at_);
  std::array<std::uint8_t, 16> received;
  for (std::uint8_t i = 0; i < 20; ++i)
    EXPECT_EQ(successor.receive(boost::asio::buffer(received)), 1U);
  EXPECT_EQ(handler_.seen.size(), 1U);

  listener().send(handler_.seen[0].client, Octets{3});
  EXPECT_EQ(client.receive().message, Octets{3});
}

TEST_F(UdpListenerTest, WhatWaitsIsHandedOverTogether) {
  Datagrams client(loop_);
  for (std::size_t i = 0; i < kMaxBatch + 8; ++i)
    client.send(test::u16(i), at_);
  await_queries(kMaxBatch + 8);
  EXPECT_EQ(handler_.batches, (std::vector<std::size_t>{kMaxBatch, 8}));
  for (std::size_t i = 0; i < kMaxBatch + 8; ++i) {
    EXPECT_EQ(handler_.seen[i].query, test::u16(i));
    EXPECT_EQ(client.receive().message, test::u16(i));
  }
}

TEST_F(UdpListenerTest, NothingOfOneBatchIsLeftForTheNext) {
  handler_.answer = [](const ScriptedHandler::Seen& seen, MutableBytes reply) {
    return seen.query.size() == 1 ? ScriptedHandler::echo(seen.query, reply) : Handled::never();
  };
  Datagrams inside(loop_, loopback("127.0.0.1"));
  Datagrams outside(loop_, loopback("127.0.0.9"));
  access_ = AccessControl({net::Prefix::parse("127.0.0.1").value()});
  for (std::uint8_t i = 0; i < 3; ++i)
    inside.send({i}, at_);
  await_queries(3);
  outside.send({1, 2}, at_);
  inside.send({1, 2, 3}, at_);
  await_queries(5);
  EXPECT_EQ(handler_.seen[3].query, (Octets{1, 2}));
  EXPECT_EQ(handler_.seen[3].client.peer.address(), outside.at().address);
  EXPECT_FALSE(handler_.seen[3].allowed);
  EXPECT_EQ(handler_.seen[4].query, (Octets{1, 2, 3}));
  EXPECT_TRUE(handler_.seen[4].allowed);
  for (std::uint8_t i = 0; i < 3; ++i)
    EXPECT_EQ(inside.receive().message, Octets{i});
  loop_.settle();
  EXPECT_FALSE(inside.take());
  EXPECT_FALSE(outside.take());
}

TEST_F(UdpListenerTest, LateRepliesOfOneWakeUpLeaveTogetherHoweverManyTheyAre) {
  constexpr std::size_t kReplies = 2 * net::SendQueue::kSlots + 6;
  handler_.answer = ScriptedHandler::later;
  std::vector<Datagrams> clients;
  for (int i = 0; i < 3; ++i)
    clients.emplace_back(loop_).send({1}, at_);
  await_queries(3);
  for (std::size_t i = 0; i < kReplies; ++i)
    listener().send(handler_.seen[i % 3].client, test::u16(i));
  for (std::size_t i = 0; i < kReplies; ++i)
    EXPECT_EQ(clients[i % 3].receive().message, test::u16(i));
  loop_.settle();
  for (Datagrams& client : clients)
    EXPECT_FALSE(client.take());
  EXPECT_EQ(counters_.get(Counter::DroppedReplies), 0U);
}

TEST_F(UdpListenerTest, FlushSendsNowAndOnce) {
  handler_.answer = ScriptedHandler::later;
  Datagrams client(loop_);
  client.send({1}, at_);
  await_queries(1);
  listener().flush();  // of nothing
  for (std::uint8_t round = 0; round < 3; ++round) {
    listener().send(handler_.seen[0].client, Octets{round});
    EXPECT_FALSE(client.take());
    listener().flush();
    const auto reply = client.take();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->message, Octets{round});
  }
  listener().send(handler_.seen[0].client, Octets{9});
  loop_.settle();
  EXPECT_EQ(client.receive().message, Octets{9});
  EXPECT_FALSE(client.take());
}

TEST_F(UdpListenerTest, LateRepliesMayBeSentWhileABatchIsHandled) {
  std::optional<Client> waiting;
  handler_.answer = [&](const ScriptedHandler::Seen& seen, MutableBytes reply) {
    if (seen.query[0] % 2 == 0) {
      waiting = seen.client;
      return Handled::later();
    }
    listener().send(*waiting, test::join({seen.query, {7}}));
    return ScriptedHandler::echo(seen.query, reply);
  };
  std::vector<Datagrams> clients;
  for (int i = 0; i < 4; ++i)
    clients.emplace_back(loop_);
  for (std::uint8_t i = 0; i < 100; ++i)
    clients[i % 4].send({i}, at_);
  for (std::uint8_t i = 0; i < 100; i += 2) {
    const auto next = static_cast<std::uint8_t>(i + 1);
    EXPECT_EQ(clients[i % 4].receive().message, (Octets{next, 7})) << "late";
    EXPECT_EQ(clients[next % 4].receive().message, Octets{next}) << "at once";
  }
  for (Datagrams& client : clients)
    EXPECT_FALSE(client.take());
}

TEST_F(UdpListenerTest, AReplyThatCannotBeSentIsCounted) {
  handler_.answer = ScriptedHandler::later;
  Datagrams client(loop_);
  client.send({1}, at_);
  await_queries(1);
  Client nobody = handler_.seen[0].client;
  nobody.peer.remote.v4.sin_port = 0;
  listener().send(nobody, Octets{1});
  listener().send(handler_.seen[0].client, Octets{2});
  listener().send(nobody, Octets{3});
  EXPECT_EQ(client.receive().message, Octets{2});
  EXPECT_EQ(counters_.get(Counter::DroppedReplies), 2U);
  EXPECT_FALSE(client.take());
}

}  // namespace
}  // namespace pacedns::server
