#include "pacedns/net/interface_addresses.hpp"

#include <gmock/gmock.h>

#include "support/loopback.hpp"

namespace pacedns::net {
namespace {

using boost::asio::ip::make_address;
using testing::Contains;
using testing::Not;

TEST(InterfaceAddresses, HaveLoopbackAndNothingMadeUp) {
  const auto addresses = interface_addresses();
  EXPECT_THAT(addresses, Contains(make_address("127.0.0.1")));
  EXPECT_THAT(addresses, Not(Contains(make_address("192.0.2.1"))));
  EXPECT_THAT(addresses, Not(Contains(make_address("0.0.0.0"))));
}

TEST(InterfaceAddresses, HaveIpv6Loopback) {
  if (!test::ipv6_there()) GTEST_SKIP() << "no IPv6 on loopback here";
  EXPECT_THAT(interface_addresses(), Contains(make_address("::1")));
}

}  // namespace
}  // namespace pacedns::net
