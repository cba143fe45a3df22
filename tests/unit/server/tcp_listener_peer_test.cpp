#include <string>

#include <gtest/gtest.h>

#include "pacedns/server/tcp_listener.hpp"

#include "support/server_probe.hpp"

// Whose query it is, for those who look at clients by their address.

namespace pacedns::server {
namespace {

using boost::asio::ip::tcp;
using test::Octets;

/// What the handler is told of a client that connects from `client` to a listener at `server`.
Client client_seen(const char* server, const char* client, std::uint16_t& port) {
  test::ServerProbe probe(test::ServerProbe::options(), server);
  tcp::socket socket(probe.loop.io);
  socket.open(probe.at.tcp().protocol());
  socket.bind(test::loopback(client).tcp());
  socket.connect(probe.at.tcp());
  port = socket.local_endpoint().port();
  test::Stream stream(probe.loop, std::move(socket));
  stream.write({0, 3, 1, 2, 3});
  EXPECT_EQ(stream.read(), (Octets{1, 2, 3}));
  return probe.handler.seen.at(0).client;
}

TEST(TcpListenerPeer, IsTheClientOverIpv4) {
  std::uint16_t port = 0;
  const Client client = client_seen("127.0.0.1", "127.0.0.7", port);
  EXPECT_TRUE(client.over_tcp());
  EXPECT_EQ(client.peer.remote.generic.sa_family, AF_INET);
  EXPECT_EQ(client.peer.address().to_string(), "127.0.0.7");
  EXPECT_EQ(ntohs(client.peer.remote.v4.sin_port), port);
}

TEST(TcpListenerPeer, IsTheClientOverIpv6) {
  if (!test::ipv6_there()) GTEST_SKIP() << "no IPv6 on this machine";
  std::uint16_t port = 0;
  const Client client = client_seen("::1", "::1", port);
  EXPECT_TRUE(client.over_tcp());
  EXPECT_EQ(client.peer.remote.generic.sa_family, AF_INET6);
  EXPECT_EQ(client.peer.address().to_string(), "::1");
  EXPECT_EQ(ntohs(client.peer.remote.v6.sin6_port), port);
}

}  // namespace
}  // namespace pacedns::server
