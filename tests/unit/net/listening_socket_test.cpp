#include "pacedns/net/listening_socket.hpp"

#include <sys/socket.h>

#include <gtest/gtest.h>

#include "support/loopback.hpp"

namespace pacedns::net {
namespace {

using boost::asio::ip::tcp;
using boost::asio::ip::udp;
using test::loopback;

const boost::system::error_code kInUse = boost::asio::error::address_in_use;
constexpr auto kNotHere = boost::system::errc::address_not_available;

class ListeningSocketTest : public testing::Test {
 protected:
  template <typename Socket>
  static Endpoint at(const Socket& socket) {
    return {socket.local_endpoint().address(), socket.local_endpoint().port()};
  }

  static void expect_taken(const Endpoint& endpoint) {
    const auto claimed = claim_endpoint(endpoint);
    ASSERT_FALSE(claimed) << to_string(endpoint);
    EXPECT_EQ(claimed.error(), kInUse) << claimed.error().message();
  }

  test::EventLoop loop_;
};

TEST_F(ListeningSocketTest, AFreeEndpointCanBeClaimedAndThenBound) {
  const Endpoint claimed = claim_endpoint(loopback()).value();
  EXPECT_NE(claimed.port, 0);
  EXPECT_EQ(claimed.address, loopback().address);
  EXPECT_EQ(claim_endpoint(claimed).value(), claimed);
  EXPECT_EQ(at(open_udp(loop_.io, claimed).value()), claimed);
  EXPECT_EQ(at(open_tcp(loop_.io, claimed).value()), claimed);
}

TEST_F(ListeningSocketTest, AnEndpointTakenForUdpCannotBeClaimed) {
  const udp::socket plain(loop_.io, loopback().udp());
  expect_taken(at(plain));
}

TEST_F(ListeningSocketTest, AnEndpointTakenForTcpCannotBeClaimed) {
  const tcp::acceptor plain(loop_.io, loopback().tcp());
  expect_taken(at(plain));
}

TEST_F(ListeningSocketTest, WhatIsTakenForOneTransportMayBeFreeForTheOther) {
  // On an address that connections of other programs have no ports of.
  const Endpoint claimed = claim_endpoint(loopback("127.0.0.83")).value();
  {
    const udp::socket datagrams(loop_.io, claimed.udp());
    EXPECT_EQ(try_bind(claimed, Transport::Udp), kInUse);
    EXPECT_FALSE(try_bind(claimed, Transport::Tcp));
  }
  const tcp::acceptor stream(loop_.io, claimed.tcp());
  EXPECT_EQ(try_bind(claimed, Transport::Tcp), kInUse);
  EXPECT_FALSE(try_bind(claimed, Transport::Udp));
}

TEST_F(ListeningSocketTest, TryingToBindFindsSocketsThatWouldShareTheirPort) {
  const auto datagrams = open_udp(loop_.io, loopback()).value();
  EXPECT_EQ(try_bind(at(datagrams), Transport::Udp), kInUse);
  EXPECT_EQ(try_bind(loopback("0.0.0.0", at(datagrams).port), Transport::Udp), kInUse);
  const auto stream = open_tcp(loop_.io, loopback()).value();
  EXPECT_EQ(try_bind(at(stream), Transport::Tcp), kInUse);
  EXPECT_EQ(try_bind(loopback("0.0.0.0", at(stream).port), Transport::Tcp), kInUse);
}

TEST_F(ListeningSocketTest, TryingToBindTakesNothingFromWhoHasTheAddress) {
  auto acceptor = open_tcp(loop_.io, loopback()).value();
  test::Datagrams server(loop_);
  test::Datagrams client(loop_);
  const int rounds = 50;
  for (int i = 0; i < rounds; ++i) {
    EXPECT_TRUE(try_bind(server.at(), Transport::Udp));
    client.send({1}, server.at());
    EXPECT_TRUE(try_bind(server.at(), Transport::Udp));
    EXPECT_EQ(server.receive().message, test::Octets{1});
    EXPECT_TRUE(try_bind(at(acceptor), Transport::Tcp));
    const test::Stream stream(loop_, at(acceptor));
    EXPECT_TRUE(try_bind(at(acceptor), Transport::Tcp));
    EXPECT_TRUE(acceptor.accept().is_open());
  }
}

TEST_F(ListeningSocketTest, TryingToBindLeavesTheAddressFree) {
  const Endpoint claimed = claim_endpoint(loopback("127.0.0.83")).value();
  for (const Transport transport : {Transport::Udp, Transport::Tcp}) {
    EXPECT_FALSE(try_bind(claimed, transport));
    EXPECT_EQ(try_bind(loopback("198.51.100.1", 5300), transport), kNotHere);
  }
  EXPECT_EQ(claim_endpoint(claimed).value(), claimed);
}

TEST_F(ListeningSocketTest, SocketsThatWouldShareTheirPortAreFoundToo) {
  const auto datagrams = open_udp(loop_.io, loopback()).value();
  expect_taken(at(datagrams));
  const auto stream = open_tcp(loop_.io, loopback()).value();
  expect_taken(at(stream));
}

TEST_F(ListeningSocketTest, AnAddressIsTakenByTheUnspecifiedOneAndTheOtherWayRound) {
  const auto any = open_tcp(loop_.io, loopback("0.0.0.0")).value();
  expect_taken(loopback("127.0.0.1", at(any).port));
  const auto one = open_udp(loop_.io, loopback("127.0.0.1")).value();
  expect_taken(loopback("0.0.0.0", at(one).port));
  EXPECT_TRUE(claim_endpoint(loopback("127.0.0.2", at(one).port)));
}

TEST_F(ListeningSocketTest, ConnectionsOfAnEarlierRunAreNoObstacle) {
  const Endpoint claimed = claim_endpoint(loopback()).value();
  {
    auto acceptor = open_tcp(loop_.io, claimed).value();
    test::Stream client(loop_, claimed);
    tcp::socket served(loop_.io);
    loop_.until([&] {
      boost::system::error_code error;
      acceptor.accept(served, error);
      return !error;
    });
    served.close();  // first, so that it is this side that lingers
    loop_.until([&] { return client.ended(); });
  }
  EXPECT_TRUE(claim_endpoint(claimed));
  EXPECT_TRUE(open_tcp(loop_.io, claimed));
}

TEST_F(ListeningSocketTest, WorkersShareAPort) {
  const Endpoint claimed = claim_endpoint(loopback()).value();
  const auto first_udp = open_udp(loop_.io, claimed);
  const auto first_tcp = open_tcp(loop_.io, claimed);
  const auto second_udp = open_udp(loop_.io, claimed);
  const auto second_tcp = open_tcp(loop_.io, claimed);
  EXPECT_TRUE(first_udp && first_tcp && second_udp && second_tcp);
}

TEST_F(ListeningSocketTest, AForeignAddressIsAnErrorThatIsSaid) {
  const Endpoint foreign = loopback("198.51.100.1", 5300);
  EXPECT_EQ(claim_endpoint(foreign).error(), kNotHere);
  EXPECT_EQ(claim_endpoint(loopback("198.51.100.1", 0)).error(), kNotHere);
  EXPECT_FALSE(open_udp(loop_.io, foreign));
  EXPECT_FALSE(open_tcp(loop_.io, foreign));
}

TEST_F(ListeningSocketTest, WhatIsTakenByAnyPlainSocketCannotBeOpened) {
  const udp::socket datagrams(loop_.io, loopback().udp());
  EXPECT_EQ(open_udp(loop_.io, at(datagrams)).error(), kInUse);
  const tcp::acceptor stream(loop_.io, loopback().tcp());
  EXPECT_EQ(open_tcp(loop_.io, at(stream)).error(), kInUse);
}

TEST_F(ListeningSocketTest, Ipv6StandsBesideIpv4OnTheSamePort) {
  if (!test::ipv6_there()) GTEST_SKIP() << "no IPv6 here";
  const Endpoint any4 = claim_endpoint(loopback("0.0.0.0")).value();
  const auto udp4 = open_udp(loop_.io, any4);
  const auto tcp4 = open_tcp(loop_.io, any4);
  ASSERT_TRUE(udp4 && tcp4);
  const auto any6 = claim_endpoint(loopback("::", any4.port));
  ASSERT_TRUE(any6) << any6.error().message();
  const auto udp6 = open_udp(loop_.io, *any6);
  const auto tcp6 = open_tcp(loop_.io, *any6);
  ASSERT_TRUE(udp6 && tcp6);
  expect_taken(loopback("::1", any4.port));
}

TEST_F(ListeningSocketTest, SocketsNeverBlock) {
  EXPECT_TRUE(open_udp(loop_.io, loopback()).value().non_blocking());
  EXPECT_TRUE(open_tcp(loop_.io, loopback()).value().non_blocking());
}

}  // namespace
}  // namespace pacedns::net
