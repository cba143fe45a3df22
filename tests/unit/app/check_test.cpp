#include "pacedns/app/check.hpp"

#include <fstream>
#include <sstream>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

#include "pacedns/net/listening_socket.hpp"

#include "support/loopback.hpp"

namespace pacedns::app {
namespace {

using boost::asio::ip::tcp;
using boost::asio::ip::udp;

/// Free for both transports, on an address that connections of other programs have no ports of.
net::Endpoint free_endpoint() {
  return net::claim_endpoint(test::loopback("127.0.0.83")).value();
}

std::string addresses(const net::Endpoint& endpoint) {
  config::Config config;
  config.server.listen = {endpoint};
  std::ostringstream out;
  report_addresses(config, out);
  return out.str();
}

std::string both(const net::Endpoint& endpoint, const std::string& udp, const std::string& tcp) {
  const std::string start = "listen " + net::to_string(endpoint);
  return start + " udp: " + udp + '\n' + start + " tcp: " + tcp + '\n';
}

std::string taken_by_us() {
  std::string name;
  std::getline(std::ifstream("/proc/self/comm"), name);
  return "taken by " + name + " (pid " + std::to_string(::getpid()) + ")";
}

TEST(Check, AFreeAddressIsFreeAndStaysSo) {
  const net::Endpoint endpoint = free_endpoint();
  EXPECT_EQ(addresses(endpoint), both(endpoint, "free", "free"));
  EXPECT_TRUE(net::claim_endpoint(endpoint));
}

TEST(Check, TransportsAreToldApart) {
  boost::asio::io_context io;
  const net::Endpoint endpoint = free_endpoint();
  {
    const udp::socket datagrams(io, endpoint.udp());
    EXPECT_EQ(addresses(endpoint), both(endpoint, taken_by_us(), "free"));
  }
  const tcp::acceptor stream(io, endpoint.tcp());
  EXPECT_EQ(addresses(endpoint), both(endpoint, "free", taken_by_us()));
}

TEST(Check, SocketsThatSharePortsAreFound) {
  boost::asio::io_context io;
  const net::Endpoint endpoint = free_endpoint();
  const auto datagrams = net::open_udp(io, endpoint).value();
  const auto stream = net::open_tcp(io, endpoint).value();
  EXPECT_EQ(addresses(endpoint), both(endpoint, taken_by_us(), taken_by_us()));
}

TEST(Check, AnAddressOfNoInterfaceIsSaid) {
  const net::Endpoint endpoint = test::loopback("192.0.2.53", 5399);
  EXPECT_EQ(addresses(endpoint),
            both(endpoint, "no interface has this address", "no interface has this address"));
}

TEST(Check, AnUpstreamThatRefusesIsALineAndNoReply) {
  test::EventLoop loop;
  const net::Endpoint closed = test::Datagrams(loop).at();
  config::Config config;
  config.upstream.servers = {{.endpoint = closed, .name = "one"},
                             {.protocol = upstream::Protocol::Tcp, .endpoint = closed, .name = "two"}};
  std::ostringstream out;
  EXPECT_FALSE(report_upstreams(config, out));
  EXPECT_EQ(out.str(), "upstream one (udp://" + net::to_string(closed) + "): Connection refused\n" +
                           "upstream two (tcp://" + net::to_string(closed) + "): Connection refused\n");
}

}  // namespace
}  // namespace pacedns::app
