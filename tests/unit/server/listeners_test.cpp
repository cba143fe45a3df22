#include "pacedns/server/listeners.hpp"

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
  ConnectionCount open{0};
  ScriptedHandler handler;
  handler.answer = ScriptedHandler::later;
  Listeners listeners(ServerProbe::options(), open, handler, counters);
  std::vector<net::Endpoint> endpoints;
  for (const char* address : {"127.0.0.1", "127.0.0.2"}) {
    endpoints.push_back(net::claim_endpoint(loopback(address)).value());
    ASSERT_FALSE(listeners.bind(loop.io, endpoints.back()));
  }
  listeners.start();

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

TEST(Listeners, TheFirstSessionOfEachListenerIsNotMistakenForUdp) {
  ServerProbe probe;
  Stream stream(probe.loop, probe.at);
  stream.write({0, 1, 2});
  EXPECT_EQ(stream.read(), Octets{2});
  EXPECT_NE(probe.handler.seen[0].client.session, 0U);
}

TEST(Listeners, BindSaysWhatIsWrong) {
  ServerProbe probe;
  const auto error = probe.listeners.bind(probe.loop.io, loopback("198.51.100.1", 5300));
  EXPECT_EQ(error, boost::system::errc::address_not_available);
  Datagrams holder(probe.loop);
  EXPECT_EQ(probe.listeners.bind(probe.loop.io, holder.at()), boost::asio::error::address_in_use);
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
  probe.listeners.set_access({});
  client.send({2}, probe.at);
  probe.await_queries(2);
  EXPECT_TRUE(probe.handler.seen[0].allowed);
  EXPECT_FALSE(probe.handler.seen[1].allowed);
}

}  // namespace
}  // namespace pacedns::server
