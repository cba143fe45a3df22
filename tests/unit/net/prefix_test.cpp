#include "pacedns/net/prefix.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace pacedns::net {
namespace {

using boost::asio::ip::make_address;

bool contains(const std::string& prefix, const std::string& address) {
  return Prefix::parse(prefix).value().contains(make_address(address));
}

TEST(Prefix, ContainsItsFirstAndLastAddressAndNoneBeside) {
  struct Case {
    const char* prefix;
    const char* before;
    const char* first;
    const char* last;
    const char* behind;
  };
  const Case cases[] = {
      {"10.0.0.0/8", "9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
      {"172.16.0.0/12", "172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
      {"100.64.0.0/10", "100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
      {"192.0.2.0/24", "192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
      {"192.0.2.128/25", "192.0.2.127", "192.0.2.128", "192.0.2.255", "192.0.3.0"},
      {"192.0.2.2/31", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"},
      {"192.0.2.1/32", "192.0.2.0", "192.0.2.1", "192.0.2.1", "192.0.2.2"},
      {"192.0.2.1", "192.0.2.0", "192.0.2.1", "192.0.2.1", "192.0.2.2"},
      {"128.0.0.0/1", "127.255.255.255", "128.0.0.0", "255.255.255.255", "0.0.0.0"},
      {"2001:db8::/32", "2001:db7:ffff::", "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
       "2001:db9::"},
      {"fe80::/10", "fe7f:ffff::", "fe80::", "febf:ffff::", "fec0::"},
      {"fc00::/7", "fbff:ffff::", "fc00::", "fdff:ffff::", "fe00::"},
      {"2001:db8::2/127", "2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4"},
      {"::1/128", "::", "::1", "::1", "::2"},
      {"::1", "::", "::1", "::1", "::2"},
  };
  for (const Case& each : cases) {
    EXPECT_FALSE(contains(each.prefix, each.before)) << each.prefix;
    EXPECT_TRUE(contains(each.prefix, each.first)) << each.prefix;
    EXPECT_TRUE(contains(each.prefix, each.last)) << each.prefix;
    EXPECT_FALSE(contains(each.prefix, each.behind)) << each.prefix;
  }
}

TEST(Prefix, OfIpv4ContainsMappedAddresses) {
  EXPECT_TRUE(contains("192.0.2.0/24", "::ffff:192.0.2.9"));
  EXPECT_FALSE(contains("192.0.2.0/24", "::ffff:192.0.3.9"));
  EXPECT_TRUE(contains("192.0.2.1", "::ffff:192.0.2.1"));
  EXPECT_FALSE(contains("192.0.2.0/24", "::192.0.2.9")) << "IPv4-compatible is another thing";
  EXPECT_TRUE(contains("::ffff:192.0.2.0/120", "192.0.2.9"));
}

TEST(Prefix, OfLengthZeroContainsItsOwnFamily) {
  EXPECT_TRUE(contains("0.0.0.0/0", "0.0.0.0"));
  EXPECT_TRUE(contains("0.0.0.0/0", "255.255.255.255"));
  EXPECT_TRUE(contains("0.0.0.0/0", "::ffff:192.0.2.1"));
  EXPECT_FALSE(contains("0.0.0.0/0", "::"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(contains("::/0", "::"));
  EXPECT_TRUE(contains("::/0", "2001:db8::1"));
}

// Who lets all of IPv6 in has not said a word about IPv4.
TEST(Prefix, OfIpv6DoesNotContainIpv4) {
  for (const char* prefix : {"::/0", "::/1", "::/64", "::/80"}) {
    EXPECT_FALSE(contains(prefix, "192.0.2.1")) << prefix;
    EXPECT_FALSE(contains(prefix, "::ffff:192.0.2.1")) << prefix;
    EXPECT_TRUE(contains(prefix, "::2")) << prefix;
  }
  EXPECT_TRUE(contains("::ffff:0:0/96", "192.0.2.1")) << "said in full";
}

TEST(Prefix, RefusesWhatIsNone) {
  const std::string_view cases[] = {"",
                                    "/",
                                    "/8",
                                    "10",
                                    "10/8",
                                    "10.0.0/8",
                                    "10.0.0.0/",
                                    "10.0.0.0/33",
                                    "10.0.0.0/-1",
                                    "10.0.0.0/+8",
                                    "10.0.0.0/8 ",
                                    "10.0.0.0/ 8",
                                    " 10.0.0.0/8",
                                    "10.0.0.0 /8",
                                    "10.0.0.0/8/8",
                                    "10.0.0.0/255.0.0.0",
                                    "10.0.0.0/8a",
                                    "10.0.0.0/0x8",
                                    "10.0.0.0/4294967304",
                                    "10.0.0.0:53/8",
                                    "2001:db8::/129",
                                    "2001:db8::/",
                                    "[2001:db8::]/32",
                                    "2001:db8/32",
                                    "loopback",
                                    "localhost",
                                    "*",
                                    "fe80::%lo/10",
                                    "fe80::1%lo",
                                    "fe80::%nosuchif/10",
                                    "::1%nosuchif",
                                    "fe80::%/10",
                                    std::string_view("10.0.0.0\0/8", 11),
                                    std::string_view("10.0.0.0/8\0", 11),
                                    std::string_view("::1\0junk", 8)};
  for (const std::string_view text : cases) {
    const auto prefix = Prefix::parse(text);
    ASSERT_FALSE(prefix) << text;
    EXPECT_EQ(prefix.error(), boost::system::errc::invalid_argument) << text;
  }
}

TEST(Prefix, RefusesBitsBehindItsLength) {
  for (const char* text :
       {"10.0.0.1/8", "192.0.2.1/24", "192.0.2.1/31", "192.0.2.128/24", "0.0.0.1/0", "128.0.0.0/0",
        "2001:db8::1/32", "2001:db8::1/127", "fe80:0:0:1::/60", "::1/0", "8000::/0"}) {
    EXPECT_FALSE(Prefix::parse(text)) << text;
  }
}

TEST(Prefix, IsEqualToTheSameRange) {
  const auto prefix = [](const char* text) { return Prefix::parse(text).value(); };
  EXPECT_EQ(prefix("192.0.2.1"), prefix("192.0.2.1/32"));
  EXPECT_EQ(prefix("2001:DB8:0::/32"), prefix("2001:db8::/32"));
  EXPECT_NE(prefix("10.0.0.0/8"), prefix("10.0.0.0/9"));
  EXPECT_NE(prefix("10.0.0.0/8"), prefix("11.0.0.0/8"));
  EXPECT_NE(prefix("0.0.0.0/0"), prefix("::/0"));
}

}  // namespace
}  // namespace pacedns::net
