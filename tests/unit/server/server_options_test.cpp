#include "pacedns/server/server_options.hpp"

#include <gtest/gtest.h>

#include "pacedns/server/access_control.hpp"

namespace pacedns::server {
namespace {

void expect_members(const std::vector<net::Prefix>& prefixes, std::initializer_list<const char*> inside,
                    std::initializer_list<const char*> outside) {
  const AccessControl access(prefixes);
  for (const char* address : inside)
    EXPECT_TRUE(access.allows(boost::asio::ip::make_address(address))) << address;
  for (const char* address : outside)
    EXPECT_FALSE(access.allows(boost::asio::ip::make_address(address))) << address;
}

TEST(ServerOptions, LoopbackIsThisMachine) {
  expect_members(loopback_prefixes(),
                 {"127.0.0.0", "127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"},
                 {"126.255.255.255", "128.0.0.0", "::", "::2", "0.0.0.0", "10.0.0.1"});
}

TEST(ServerOptions, PrivateIsWhatTheInternetDoesNotRoute) {
  expect_members(private_prefixes(),
                 {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0",
                  "192.168.255.255", "100.64.0.0", "100.127.255.255", "169.254.0.0", "169.254.255.255",
                  "fe80::1", "febf::1", "fc00::", "fd00::1", "fdff:ffff::1"},
                 {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
                  "192.169.0.0", "100.63.255.255", "100.128.0.0", "169.253.255.255", "169.255.0.0", "fec0::1",
                  "fe7f::1", "fbff::1", "fe00::1", "2001:db8::1", "127.0.0.1", "::1", "8.8.8.8"});
}

TEST(ServerOptions, DefaultsAreWithinTheirLimits) {
  EXPECT_TRUE(kTcpConnections.allows(TcpOptions{}.connections));
  EXPECT_TRUE(kTcpConnectionsPerClient.allows(TcpOptions{}.connections_per_client));
  EXPECT_TRUE(kTcpIdleTimeout.allows(TcpOptions{}.idle_timeout));
  EXPECT_EQ(TcpOptions{}.connections, 1000U);
  EXPECT_EQ(TcpOptions{}.connections_per_client, 100U);
  EXPECT_EQ(TcpOptions{}.idle_timeout, std::chrono::seconds(10));
}

}  // namespace
}  // namespace pacedns::server
