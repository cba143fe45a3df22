#include "pacedns/server/tcp_listener.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/descriptor_limit_guard.hpp"
#include "support/server_probe.hpp"

namespace pacedns::server {
namespace {

using metrics::Counter;
using test::Octets;
using test::ScriptedHandler;
using test::ServerProbe;
using test::Stream;

constexpr Duration kShort = std::chrono::milliseconds(50);

const Octets kFrame{0, 3, 1, 2, 3};
const Octets kContent{1, 2, 3};
const ClientIdentity kOther(boost::asio::ip::make_address("192.0.2.1"));

void expect_served(Stream& client) {
  client.write(kFrame);
  EXPECT_EQ(client.read(), kContent);
}

TEST(TcpListener, ServesManyClients) {
  ServerProbe probe;
  std::vector<Stream> clients;
  for (int i = 0; i < 50; ++i)
    clients.emplace_back(probe.loop, probe.at);
  for (Stream& client : clients)
    client.write(kFrame);
  for (Stream& client : clients)
    EXPECT_EQ(client.read(), kContent);
  EXPECT_EQ(probe.open_connections.total(), 50U);
  EXPECT_EQ(probe.count(Counter::TcpConnections), 50U);
  clients.clear();
  probe.await_connections(0);
}

TEST(TcpListener, RepliesFindTheirOwnConnection) {
  ServerProbe probe;
  probe.handler.answer = ScriptedHandler::later;
  std::vector<Stream> clients;
  for (std::uint8_t i = 0; i < 10; ++i) {
    clients.emplace_back(probe.loop, probe.at);
    clients.back().write({0, 1, i});
  }
  probe.await_queries(10);
  for (auto seen = probe.handler.seen.rbegin(); seen != probe.handler.seen.rend(); ++seen)
    probe.listeners.send(seen->client, seen->query);
  for (std::uint8_t i = 0; i < 10; ++i)
    EXPECT_EQ(clients[i].read(), Octets{i});
}

TEST(TcpListener, ALaterConnectionDoesNotGetAnEarlierOnesReply) {
  ServerProbe probe;
  probe.handler.answer = ScriptedHandler::later;
  Stream first(probe.loop, probe.at);
  first.write(kFrame);
  probe.await_queries(1);
  first.reset();
  probe.await_connections(0);
  probe.handler.answer = nullptr;
  Stream second(probe.loop, probe.at);
  expect_served(second);
  probe.listeners.send(probe.handler.seen[0].client, Octets{9, 9});
  expect_served(second);
  EXPECT_EQ(probe.count(Counter::DroppedReplies), 1U);
}

TEST(TcpListener, ConnectionsOverTheLimitAreRefusedAndASlotThatIsFreedIsUsedAgain) {
  ServerProbe probe(ServerProbe::options(2));
  Stream first(probe.loop, probe.at);
  Stream second(probe.loop, probe.at);
  expect_served(first);
  expect_served(second);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    Stream refused(probe.loop, probe.at);
    probe.loop.until([&] { return refused.ended(); });
    EXPECT_EQ(probe.count(Counter::TcpConnectionsRefused), i);
  }
  expect_served(first);
  second.close();
  probe.await_connections(1);
  Stream third(probe.loop, probe.at);
  expect_served(third);
  EXPECT_EQ(probe.open_connections.total(), 2U);
  EXPECT_EQ(probe.count(Counter::TcpConnections), 3U);
  EXPECT_EQ(probe.count(Counter::TcpConnectionsRefused), 3U);
}

TEST(TcpListener, TheLimitHoldsForAllListenersTogether) {
  const auto options = ServerProbe::options(2);
  ServerProbe probe(options);
  const auto of_another_worker = probe.open_connections.admit(kOther, options.tcp);
  Stream first(probe.loop, probe.at);
  expect_served(first);
  Stream refused(probe.loop, probe.at);
  probe.loop.until([&] { return refused.ended(); });
  EXPECT_EQ(probe.open_connections.total(), 2U);
}

/// A connection from this address.
Stream stream_from(ServerProbe& probe, const char* client) {
  Stream::Socket socket(probe.loop.io, probe.at.tcp().protocol());
  socket.bind(test::loopback(client).tcp());
  socket.connect(probe.at.tcp());
  return {probe.loop, std::move(socket)};
}

void expect_refused(ServerProbe& probe) {
  const auto before = probe.count(Counter::TcpConnectionsRefused);
  Stream refused(probe.loop, probe.at);
  probe.loop.until([&] { return refused.ended(); });
  EXPECT_EQ(probe.count(Counter::TcpConnectionsRefused), before + 1);
}

ServerOptions options_per_client(std::size_t connections, Duration idle_timeout = std::chrono::minutes(1)) {
  auto options = ServerProbe::options(10, idle_timeout);
  options.tcp.connections_per_client = connections;
  return options;
}

TEST(TcpListener, HalfOfTheDescriptorsAreKeptForOtherThings) {
  ServerProbe probe;
  const test::DescriptorLimitGuard guard(100);
  const TcpOptions unlimited{.connections = 1000, .connections_per_client = 1000};
  std::vector<ConnectionCount::Place> others;
  for (int i = 0; i < 49; ++i)
    others.push_back(*probe.open_connections.admit(kOther, unlimited));
  Stream served(probe.loop, probe.at);
  expect_served(served);
  Stream refused(probe.loop, probe.at);
  probe.loop.until([&] { return refused.ended(); });
  EXPECT_EQ(probe.count(Counter::TcpConnectionsRefused), 1U);
  others.pop_back();
  Stream late(probe.loop, probe.at);
  expect_served(late);
}

TEST(TcpListener, AConnectionThatCannotBeAcceptedIsCountedAndTriedAgain) {
  ServerProbe probe;
  Stream client(probe.loop, probe.at);
  const int next = ::dup(STDERR_FILENO);
  ::close(next);
  {
    const test::DescriptorLimitGuard none_left(static_cast<rlim_t>(next));
    probe.loop.until([&] { return probe.count(Counter::TcpAcceptsFailed) > 0; });
  }
  expect_served(client);
  EXPECT_EQ(probe.count(Counter::TcpConnectionsRefused), 0U);
}

TEST(TcpListener, AClientsConnectionsOverItsLimitAreRefusedAndThoseOfOthersAreNot) {
  ServerProbe probe(options_per_client(2));
  Stream first(probe.loop, probe.at);
  Stream second(probe.loop, probe.at);
  expect_served(first);
  expect_served(second);
  expect_refused(probe);
  expect_refused(probe);
  Stream others = stream_from(probe, "127.0.0.2");
  expect_served(others);
  expect_served(first);
  EXPECT_EQ(probe.open_connections.total(), 3U);
  EXPECT_EQ(probe.open_connections.clients(), 2U);
  EXPECT_EQ(probe.count(Counter::TcpConnections), 3U);
}

TEST(TcpListener, TheLimitOfAClientHoldsForAllListenersTogether) {
  const auto options = options_per_client(1);
  ServerProbe probe(options);
  {
    const auto of_another_worker =
        probe.open_connections.admit(ClientIdentity(probe.at.address), options.tcp);
    expect_refused(probe);
  }
  Stream client(probe.loop, probe.at);
  expect_served(client);
}

TEST(TcpListener, AClientsPlaceIsGivenBackHoweverItsConnectionEnds) {
  ServerProbe probe(options_per_client(1, std::chrono::milliseconds(500)));
  const std::vector<void (*)(ServerProbe&, Stream&)> ends{
      [](ServerProbe&, Stream& client) { client.close(); },
      [](ServerProbe&, Stream& client) { client.reset(); },
      [](ServerProbe&, Stream& client) { client.finish(); },
      [](ServerProbe& own, Stream&) { own.listeners.close(); },
      [](ServerProbe&, Stream&) {},  // the server does it, in time
      [](ServerProbe& own, Stream&) { own.listeners.stop_accepting(); },
  };
  for (const auto end : ends) {
    Stream client(probe.loop, probe.at);
    expect_served(client);
    EXPECT_EQ(probe.open_connections.clients(), 1U);
    end(probe, client);
    probe.await_connections(0);
    EXPECT_EQ(probe.open_connections.clients(), 0U);
  }
  EXPECT_EQ(probe.count(Counter::TcpConnectionsRefused), 0U);
}

TEST(TcpListener, PlacesAreGivenBackWhenTheListenerGoesWithItsSessions) {
  ServerProbe probe;
  std::optional<Listeners> listeners(std::in_place, probe.loop.io, options_per_client(1),
                                     probe.open_connections, probe.handler, probe.counters);
  const net::Endpoint at = net::claim_endpoint(test::loopback()).value();
  listeners->add(1, net::open_both(probe.loop.io, at).value());
  Stream client(probe.loop, at);
  expect_served(client);
  EXPECT_EQ(probe.open_connections.total(), 1U);
  listeners.reset();
  EXPECT_EQ(probe.open_connections.total(), 0U);
}

TEST(TcpListener, TheLimitOfAClientMayChangeBetweenTwoConnections) {
  ServerProbe probe(options_per_client(1));
  Stream first(probe.loop, probe.at);
  expect_served(first);
  expect_refused(probe);
  probe.listeners.apply(loopback_prefixes(), options_per_client(2).tcp);
  Stream second(probe.loop, probe.at);
  expect_served(second);
  expect_refused(probe);
  probe.listeners.apply(loopback_prefixes(), options_per_client(1).tcp);
  expect_served(first);
  expect_served(second);  // who is there stays
  first.close();
  probe.await_connections(1);
  expect_refused(probe);
}

TEST(TcpListener, AccessIsDecidedByThePeer) {
  auto options = ServerProbe::options();
  options.allow = {net::Prefix::parse("127.0.0.9").value()};
  ServerProbe probe(options);
  Stream outside(probe.loop, probe.at);
  expect_served(outside);
  EXPECT_FALSE(probe.handler.seen[0].allowed);
  probe.listeners.apply(loopback_prefixes(), {});
  Stream inside(probe.loop, probe.at);
  expect_served(inside);
  EXPECT_TRUE(probe.handler.seen[1].allowed);
}

TEST(TcpListener, ClosesAClientThatAsksNothing) {
  ServerProbe probe(ServerProbe::options(10, kShort));
  Stream client(probe.loop, probe.at);
  probe.loop.until([&] { return client.ended(); });
  EXPECT_EQ(probe.open_connections.total(), 0U);
}

TEST(TcpListener, ClosesAClientThatIsDone) {
  ServerProbe probe(ServerProbe::options(10, kShort));
  Stream client(probe.loop, probe.at);
  expect_served(client);
  probe.loop.until([&] { return client.ended(); });
  EXPECT_EQ(probe.open_connections.total(), 0U);
}

TEST(TcpListener, ClosesAClientThatNeverCompletesItsQueryHoweverMuchItSends) {
  ServerProbe probe(ServerProbe::options(10, kShort));
  Stream client(probe.loop, probe.at);
  (void)client.write_some({255, 255});
  probe.loop.until([&] { return client.write_some({1}) == 0 || client.ended(); });
  probe.await_connections(0);
  EXPECT_TRUE(probe.handler.seen.empty());
}

TEST(TcpListener, ClosesAClientThatDoesNotTakeItsReplies) {
  ServerProbe probe(ServerProbe::options(10, kShort));
  probe.handler.answer = [](const ScriptedHandler::Seen&, MutableBytes reply) {
    return Handled::now(reply.size());
  };
  Stream client(probe.loop, probe.at, 4096);
  for (int i = 0; i < 300; ++i)
    (void)client.write_some(kFrame);
  probe.await_connections(1);
  probe.await_connections(0);
}

TEST(TcpListener, TheTimeThatAReplyTakesIsNotTheClientsIdleness) {
  ServerProbe probe(ServerProbe::options(10, kShort));
  probe.handler.answer = ScriptedHandler::later;
  Stream client(probe.loop, probe.at);
  client.write(kFrame);
  probe.await_queries(1);
  bool elapsed = false;
  boost::asio::steady_timer timer(probe.loop.io, 5 * kShort);
  timer.async_wait([&](boost::system::error_code) { elapsed = true; });
  probe.loop.until([&] { return elapsed; });
  probe.listeners.send(probe.handler.seen[0].client, kContent);
  EXPECT_EQ(client.read(), kContent);
  probe.loop.until([&] { return client.ended(); });
}

void pause(ServerProbe& probe, Duration time) {
  bool elapsed = false;
  boost::asio::steady_timer timer(probe.loop.io, time);
  timer.async_wait([&](boost::system::error_code) { elapsed = true; });
  probe.loop.until([&] { return elapsed; });
}

TEST(TcpListener, AClientIsIdleFromItsLastReplyOn) {
  constexpr Duration kTimeout = std::chrono::seconds(1);
  ServerProbe probe(ServerProbe::options(10, kTimeout));
  probe.handler.answer = ScriptedHandler::later;
  Stream client(probe.loop, probe.at);
  client.write(kFrame);
  probe.await_queries(1);
  pause(probe, kTimeout * 3 / 4);
  probe.listeners.send(probe.handler.seen[0].client, kContent);
  EXPECT_EQ(client.read(), kContent);
  pause(probe, kTimeout / 2);
  EXPECT_FALSE(client.ended());
  probe.loop.until([&] { return client.ended(); });
}

TEST(TcpListener, AClientThatAsksIsNotIdleEvenIfItGetsNoReplies) {
  constexpr Duration kTimeout = std::chrono::milliseconds(600);
  ServerProbe probe(ServerProbe::options(10, kTimeout));
  probe.handler.answer = ScriptedHandler::never;
  Stream client(probe.loop, probe.at);
  for (int i = 0; i < 6; ++i) {
    client.write(kFrame);
    pause(probe, kTimeout / 4);
  }
  EXPECT_FALSE(client.ended());
  EXPECT_EQ(probe.handler.seen.size(), 6U);
  probe.loop.until([&] { return client.ended(); });
}

TEST(TcpListener, FewRepliesAreMadeForAClientThatDoesNotTakeThem) {
  ServerProbe probe;
  probe.handler.answer = [](const ScriptedHandler::Seen&, MutableBytes) { return Handled::now(60000); };
  Stream client(probe.loop, probe.at, 4096);
  for (int i = 0; i < 100; ++i)
    client.write(kFrame);
  probe.await_queries(2);
  probe.loop.settle();
  EXPECT_LT(probe.handler.seen.size(), 10U) << "left to itself the kernel takes a MiB or more";
}

TEST(TcpListener, AfterStopAcceptingConnectionsEndWithTheRepliesTheyAreOwed) {
  ServerProbe probe;
  probe.handler.answer = ScriptedHandler::later;
  Stream owed(probe.loop, probe.at);
  Stream idle(probe.loop, probe.at);
  owed.write({0, 1, 7});
  probe.await_queries(1);
  probe.await_connections(2);
  probe.listeners.stop_accepting();
  probe.loop.until([&] { return idle.ended(); });
  EXPECT_THROW(Stream(probe.loop, probe.at), boost::system::system_error);
  owed.write({0, 1, 8});
  probe.loop.settle();
  EXPECT_EQ(probe.handler.seen.size(), 1U);
  probe.listeners.send(probe.handler.seen[0].client, Octets{9});
  EXPECT_EQ(owed.read(), Octets{9});
  probe.await_connections(0);
}

TEST(TcpListener, AConnectionThatIsAcceptedWhenItStopsIsNotKept) {
  ServerProbe probe;
  std::vector<Stream> clients;
  for (int i = 0; i < 3; ++i)
    clients.emplace_back(probe.loop, probe.at);
  while (probe.open_connections.total() == 0) {
    probe.loop.io.restart();
    probe.loop.io.run_one();
  }
  probe.listeners.stop_accepting();  // while the loop has the next one already
  probe.await_connections(0);
  for (Stream& client : clients)
    probe.loop.until([&] { return client.ended(); });
}

TEST(TcpListener, AfterStopAcceptingASlowClientStillGetsAllOfItsReply) {
  const Octets big(60000, 7);
  ServerProbe probe;
  probe.handler.answer = ScriptedHandler::later;
  Stream client(probe.loop, probe.at, 4096);
  client.write(kFrame);
  probe.await_queries(1);
  probe.listeners.stop_accepting();
  probe.loop.settle();
  client.write(kFrame);  // too late
  probe.listeners.send(probe.handler.seen[0].client, big);
  probe.loop.settle();
  EXPECT_EQ(client.read(), big);
  probe.await_connections(0);
}

TEST(TcpListener, MayStopBeforeItHasBegun) {
  ServerProbe probe;
  probe.listeners.stop_accepting();
  probe.loop.settle();
  EXPECT_THROW(Stream(probe.loop, probe.at), boost::system::system_error);
}

/// Clients in every state: silent, inside a frame, waiting for a reply, finished, not reading.
struct ClientsInEveryState {
  explicit ClientsInEveryState(ServerProbe& probe) {
    probe.handler.answer = [](const ScriptedHandler::Seen& seen, MutableBytes reply) {
      return seen.query[0] == 1 ? Handled::later() : Handled::now(reply.size());
    };
    for (int i = 0; i < 5; ++i)
      clients.emplace_back(probe.loop, probe.at, 4096);
    clients[1].write({0, 9, 1});
    clients[2].write(kFrame);
    clients[3].write(kFrame);
    clients[3].finish();
    for (int i = 0; i < 300; ++i)
      (void)clients[4].write_some({0, 1, 2});
    probe.await_connections(5);
    probe.await_queries(5);
    probe.loop.settle();
  }
  std::vector<Stream> clients;
};

TEST(TcpListener, CloseSessionsClosesThemInWhateverState) {
  ServerProbe probe;
  ClientsInEveryState state(probe);
  probe.listeners.close();
  EXPECT_EQ(probe.open_connections.total(), 0U);
  probe.loop.settle();
  for (Stream& client : state.clients)
    probe.loop.until([&] { return client.ended(); });
  probe.handler.answer = nullptr;
  Stream next(probe.loop, probe.at);
  expect_served(next);
}

TEST(TcpListener, MayGoWithSessionsInWhateverState) {
  ServerProbe probe;
  ClientsInEveryState state(probe);
  probe.loop.io.stop();  // the listeners go next, then the loop with all that is suspended
}

TEST(TcpListener, MayGoRightAfterItsSessionsWereClosed) {
  ServerProbe probe;
  ClientsInEveryState state(probe);
  probe.listeners.close();
  probe.loop.io.stop();
}

}  // namespace
}  // namespace pacedns::server
