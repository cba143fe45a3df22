#include "pacedns/server/access_control.hpp"

#include <gtest/gtest.h>

#include "pacedns/server/server_options.hpp"

namespace pacedns::server {
namespace {

using boost::asio::ip::make_address;

AccessControl allowing(std::initializer_list<const char*> texts) {
  std::vector<net::Prefix> prefixes;
  for (const char* text : texts)
    prefixes.push_back(net::Prefix::parse(text).value());
  return AccessControl(prefixes);
}

TEST(AccessControl, AllowsNobodyWithoutPrefixes) {
  for (const char* client : {"127.0.0.1", "::1", "192.0.2.1"})
    EXPECT_FALSE(AccessControl({}).allows(make_address(client))) << client;
}

TEST(AccessControl, AnyOfThePrefixesIsEnough) {
  const AccessControl access = allowing({"192.0.2.0/25", "2001:db8::/32", "198.51.100.7"});
  for (const char* client : {"192.0.2.0", "192.0.2.127", "2001:db8:ffff::1", "198.51.100.7"})
    EXPECT_TRUE(access.allows(make_address(client))) << client;
  for (const char* client : {"192.0.2.128", "192.0.1.255", "2001:db9::", "198.51.100.6", "::1", "127.0.0.1"})
    EXPECT_FALSE(access.allows(make_address(client))) << client;
}

TEST(AccessControl, OneFamilysWholeRangeIsNotTheOthers) {
  EXPECT_TRUE(allowing({"0.0.0.0/0"}).allows(make_address("203.0.113.9")));
  EXPECT_FALSE(allowing({"0.0.0.0/0"}).allows(make_address("2001:db8::1")));
  EXPECT_TRUE(allowing({"::/0"}).allows(make_address("2001:db8::1")));
  EXPECT_FALSE(allowing({"::/0"}).allows(make_address("203.0.113.9")));
}

}  // namespace
}  // namespace pacedns::server
