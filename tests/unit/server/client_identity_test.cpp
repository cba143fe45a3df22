#include "pacedns/server/client_identity.hpp"

#include <gtest/gtest.h>

namespace pacedns::server {
namespace {

ClientIdentity identity(const char* address) {
  return ClientIdentity(boost::asio::ip::make_address(address));
}

TEST(ClientIdentity, IsAWholeIpv4Address) {
  EXPECT_EQ(identity("192.0.2.1"), identity("192.0.2.1"));
  EXPECT_NE(identity("192.0.2.1"), identity("192.0.2.2"));
}

TEST(ClientIdentity, IsTheSlash64OfAnIpv6Address) {
  EXPECT_EQ(identity("2001:db8:0:1::1"), identity("2001:db8:0:1:ffff::2"));
  EXPECT_NE(identity("2001:db8:0:1::1"), identity("2001:db8:0:2::1"));
  EXPECT_NE(identity("2001:db8:0:1::1"), identity("2001:db9:0:1::1"));
}

TEST(ClientIdentity, OnALinkEachHostIsAClient) {
  EXPECT_NE(identity("fe80::1"), identity("fe80::2"));
  EXPECT_EQ(identity("fe80::1"), identity("fe80::1"));
  EXPECT_NE(identity("fe80::2001:db8:0:1"), identity("2001:db8:0:1::"));
}

TEST(ClientIdentity, OfAMappedAddressIsThatOfTheIpv4Address) {
  EXPECT_EQ(identity("::ffff:192.0.2.1"), identity("192.0.2.1"));
  EXPECT_NE(identity("::ffff:192.0.2.1"), identity("::ffff:192.0.2.2"));
}

TEST(ClientIdentity, TellsIpv4FromIpv6) {
  EXPECT_NE(identity("0.0.0.0"), identity("::"));
}

}  // namespace
}  // namespace pacedns::server
