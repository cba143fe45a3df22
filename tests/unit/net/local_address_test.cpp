#include "pacedns/net/local_address.hpp"

#include <gtest/gtest.h>

#include "support/loopback.hpp"

namespace pacedns::net {
namespace {

using boost::asio::ip::make_address;

TEST(LocalAddress, LoopbackIsLocalAndWhatIsReservedForExamplesIsNot) {
  EXPECT_TRUE(is_local(make_address("127.0.0.1")));
  EXPECT_TRUE(is_local(make_address("127.0.0.53")));
  EXPECT_FALSE(is_local(make_address("192.0.2.1")));
  EXPECT_FALSE(is_local(make_address("2001:db8::1")));
}

TEST(LocalAddress, Ipv6LoopbackIsLocal) {
  if (!test::ipv6_there()) GTEST_SKIP() << "no IPv6 on loopback here";
  EXPECT_TRUE(is_local(make_address("::1")));
}

}  // namespace
}  // namespace pacedns::net
