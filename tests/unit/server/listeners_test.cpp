#include "pacedns/server/listeners.hpp"

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

#include "support/server_probe.hpp"

namespace pacedns::server {
namespace {

using test::Datagrams;
using test::loopback;
using test::Octets;
using test::ScriptedHandler;
using test::ServerProbe;
using test::Stream;

TEST(Listeners, UdpAndTcpAreServedOnTheSameEndpoint) {
  ServerProbe probe;
  Datagrams datagrams(probe.loop);
  Stream stream(probe.loop, probe.at);
  datagrams.send({1}, probe.at);
  EXPECT_EQ(datagrams.receive().message, Octets{1});
  stream.write({0, 1, 2});
  EXPECT_EQ(stream.read(), Octets{2});
}

TEST(Listeners, EachReplyTakesTheWayItsQueryCame) {
  test::EventLoop loop;
  metrics::Counters counters;
  ConnectionCount open;
  ScriptedHandler handler;
  handler.answer = ScriptedHandler::later;
  Listeners listeners(loop.io, ServerProbe::options(), open, handler, counters);
  std::vector<net::Endpoint> endpoints;
  for (const char* address : {"127.0.0.1", "127.0.0.2"}) {
    const auto id = static_cast<std::uint32_t>(endpoints.size());
    endpoints.push_back(net::claim_endpoint(loopback(address)).value());
    listeners.add(id, net::open_both(loop.io, endpoints.back()).value());
  }

  std::vector<Datagrams> datagrams;
  std::vector<Stream> streams;
  for (const net::Endpoint& endpoint : endpoints) {
    const std::size_t before = handler.seen.size();
    datagrams.emplace_back(loop).connect(endpoint).send({1}, endpoint);
    loop.until([&] { return handler.seen.size() == before + 1; });
    streams.emplace_back(loop, endpoint).write({0, 1, 2});
    loop.until([&] { return handler.seen.size() == before + 2; });
  }
  for (std::uint8_t i = 4; i-- > 0;)
    listeners.send(handler.seen[i].client, Octets{i});
  EXPECT_EQ(datagrams[0].receive().message, Octets{0});
  EXPECT_EQ(streams[0].read(), Octets{1});
  EXPECT_EQ(datagrams[1].receive().message, Octets{2});
  EXPECT_EQ(streams[1].read(), Octets{3});
  listeners.close();
}

TEST(Listeners, ARetiredAddressGivesTheRepliesItOwesAndIsThenFree) {
  ServerProbe probe;
  probe.handler.answer = ScriptedHandler::later;
  Datagrams datagrams(probe.loop);
  Stream stream(probe.loop, probe.at);
  datagrams.send({1}, probe.at);
  probe.await_queries(1);
  stream.write({0, 1, 2});
  probe.await_queries(2);

  probe.listeners.retire(0, std::chrono::milliseconds(300));
  for (const auto& seen : probe.handler.seen)
    probe.listeners.send(seen.client, seen.query);
  EXPECT_EQ(datagrams.receive().message, Octets{1});
  EXPECT_EQ(stream.read(), Octets{2});
  probe.loop.until([&] { return net::claim_endpoint(probe.at).has_value(); });
  EXPECT_EQ(probe.open_connections.total(), 0U);

  EXPECT_FALSE(probe.listeners.reaches(probe.handler.seen[0].client));
  probe.listeners.send(probe.handler.seen[0].client, Octets{3});
  probe.listeners.send(probe.handler.seen[1].client, Octets{3});
  EXPECT_EQ(probe.count(metrics::Counter::DroppedReplies), 2U);
}

TEST(Listeners, WhatWaitsToBeReadWhenAnAddressIsRetiredIsAnswered) {
  ServerProbe probe;
  Stream known(probe.loop, probe.at);
  known.write({0, 1, 1});
  EXPECT_EQ(known.read(), Octets{1});
  known.write({0, 1, 2, 0, 1, 3});
  Stream waiting(probe.loop, probe.at);  // the kernel has accepted it, we have not
  waiting.write({0, 1, 4});
  probe.listeners.retire(0, std::chrono::minutes(1));
  EXPECT_EQ(known.read(), Octets{2});
  EXPECT_EQ(known.read(), Octets{3});
  EXPECT_EQ(waiting.read(), Octets{4});
  probe.loop.until([&] { return known.ended() && waiting.ended(); });
}

TEST(Listeners, ReachesOverUdpWhoeverAskedAtAnAddressOfItsOwn) {
  ServerProbe probe;
  Client client;
  EXPECT_TRUE(probe.listeners.reaches(client));
  client.session = 1;
  EXPECT_FALSE(probe.listeners.reaches(client)) << "the connection is another worker's";
  client = {};
  client.listener = 1;
  EXPECT_FALSE(probe.listeners.reaches(client));
}

TEST(Listeners, TheFirstSessionOfEachListenerIsNotMistakenForUdp) {
  ServerProbe probe;
  Stream stream(probe.loop, probe.at);
  stream.write({0, 1, 2});
  EXPECT_EQ(stream.read(), Octets{2});
  EXPECT_NE(probe.handler.seen[0].client.session, 0U);
}

/// Two queries, {1} over UDP and {2} over TCP, have come and are not answered yet; no more are accepted.
struct Stopped {
  Stopped() {
    probe.handler.answer = ScriptedHandler::later;
    datagrams.send({1}, probe.at);
    probe.await_queries(1);
    stream.write({0, 1, 2});
    probe.await_queries(2);
    probe.listeners.stop_accepting();
  }

  ServerProbe probe;
  Datagrams datagrams{probe.loop};
  Stream stream{probe.loop, probe.at};
};

TEST(Listeners, AfterStopAcceptingRepliesStillGoOut) {
  Stopped stopped;
  auto& [probe, datagrams, stream] = stopped;
  datagrams.send({3}, probe.at);
  probe.loop.settle();
  EXPECT_EQ(probe.handler.seen.size(), 2U);
  for (const auto& seen : probe.handler.seen)
    probe.listeners.send(seen.client, seen.query);
  EXPECT_EQ(datagrams.receive().message, Octets{1});
  EXPECT_EQ(stream.read(), Octets{2});
}

TEST(Listeners, CloseSendsWhatWaitsForTheEndOfTheWakeUp) {
  Stopped stopped;
  auto& [probe, datagrams, stream] = stopped;
  probe.listeners.send(probe.handler.seen[0].client, Octets{3});
  EXPECT_FALSE(datagrams.take());
  probe.listeners.close();
  const auto reply = datagrams.take();
  ASSERT_TRUE(reply) << "the loop need not run any more";
  EXPECT_EQ(reply->message, Octets{3});
  probe.loop.until([&] { return stream.ended(); });
  EXPECT_FALSE(datagrams.take());
}

TEST(Listeners, ANewAccessListHoldsFromTheNextDatagramOn) {
  ServerProbe probe;
  Datagrams client(probe.loop);
  client.send({1}, probe.at);
  probe.await_queries(1);
  probe.listeners.apply({}, {});
  client.send({2}, probe.at);
  probe.await_queries(2);
  EXPECT_TRUE(probe.handler.seen[0].allowed);
  EXPECT_FALSE(probe.handler.seen[1].allowed);
}

}  // namespace
}  // namespace pacedns::server
