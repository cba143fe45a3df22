#include "pacedns/net/endpoint.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace pacedns::net {
namespace {

using boost::asio::ip::make_address;

TEST(ParseEndpoint, ReadsEveryFormThatTheHeaderNames) {
  struct Case {
    const char* text;
    const char* address;
    std::uint16_t port;
  };
  const Case cases[] = {
      {"192.0.2.1", "192.0.2.1", 53},
      {"192.0.2.1:5300", "192.0.2.1", 5300},
      {"192.0.2.1:1", "192.0.2.1", 1},
      {"192.0.2.1:65535", "192.0.2.1", 65535},
      {"0.0.0.0", "0.0.0.0", 53},
      {"255.255.255.255:53", "255.255.255.255", 53},
      {"2001:db8::1", "2001:db8::1", 53},
      {"[2001:db8::1]", "2001:db8::1", 53},
      {"[2001:db8::1]:5300", "2001:db8::1", 5300},
      {"[2001:DB8:0:0::1]:5300", "2001:db8::1", 5300},
      {"::", "::", 53},
      {"[::]:5300", "::", 5300},
      {"::1", "::1", 53},
      {"2001:db8::1:5300", "2001:db8::1:5300", 53},  // no brackets, no port
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", 53},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1", 53},
      {"[::ffff:192.0.2.1]:5300", "::ffff:192.0.2.1", 5300},
  };
  for (const Case& each : cases) {
    const auto endpoint = parse_endpoint(each.text, 53);
    ASSERT_TRUE(endpoint) << each.text;
    EXPECT_EQ(endpoint->address, make_address(each.address)) << each.text;
    EXPECT_EQ(endpoint->port, each.port) << each.text;
  }
}

TEST(ParseEndpoint, RefusesEverythingElse) {
  const std::string_view cases[] = {
      "", " ", ":", "::::", "[", "]", "[]", "[]:53", "[:53", "]:53", ":53", "53",
      // names and half addresses
      "localhost", "localhost:53", "dns.example", "192.0.2", "192.0.2.256", "192.0.2.1.1", "192.0.2.01",
      "0x7f.0.0.1", "2001:db8", "2001:db8::1::2", "1:2:3:4:5:6:7:8:9", "12345::", "g::", "192.0.2.1/24",
      "2001:db8::/32",
      // ports
      "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:99999999999999999999", "192.0.2.1:-1",
      "192.0.2.1:+53", "192.0.2.1: 53", "192.0.2.1:53 ", "192.0.2.1:0x35", "192.0.2.1:53a", "192.0.2.1:dns",
      "192.0.2.1:53:53", "[2001:db8::1]:", "[2001:db8::1]:0", "[2001:db8::1]:65536", "[2001:db8::1]:x",
      // brackets
      "[2001:db8::1", "2001:db8::1]", "2001:db8::1]:53", "[[2001:db8::1]]:53", "[2001:db8::1]]:53",
      "[2001:db8::1]53", "[2001:db8::1] :53", "x[2001:db8::1]:53", "[192.0.2.1]", "[192.0.2.1]:53",
      "[localhost]:53",
      // blanks and schemes
      " 192.0.2.1", "192.0.2.1 ", "192.0.2.1\n", "[ 2001:db8::1]", "udp://192.0.2.1", "192.0.2.1,192.0.2.2",
      std::string_view("192.0.2.1\0", 10), std::string_view("192.0.2.1\0junk:53", 17),
      std::string_view("::1\0x", 5), std::string_view("[::1\0x]:53", 10),
      std::string_view("192.0.2.1:53\0", 13)};
  for (const std::string_view text : cases) {
    const auto endpoint = parse_endpoint(text, 53);
    ASSERT_FALSE(endpoint) << '"' << text << "\" was read as " << to_string(*endpoint);
    EXPECT_EQ(endpoint.error(), boost::system::errc::invalid_argument) << text;
  }
}

TEST(ParseEndpoint, AZoneIsAnInterfaceOrItsNumber) {
  const auto by_name = parse_endpoint("[fe80::1%lo]:5300", 53);
  ASSERT_TRUE(by_name);
  EXPECT_EQ(by_name->address.to_v6().scope_id(), 1U) << "lo is the first interface on Linux";
  EXPECT_EQ(by_name->port, 5300);
  EXPECT_EQ(parse_endpoint("fe80::1%lo", 5300).value(), by_name.value());
  EXPECT_EQ(parse_endpoint("fe80::1%1", 5300).value(), by_name.value());
  ASSERT_TRUE(parse_endpoint("fe80::1%7", 53));
  EXPECT_EQ(parse_endpoint("fe80::1%7", 53)->address.to_v6().scope_id(), 7U);
  EXPECT_NE(parse_endpoint("fe80::1%7", 53).value(), parse_endpoint("fe80::1", 53).value());
}

// An address whose zone was dropped silently would be asked on no interface at all.
TEST(ParseEndpoint, RefusesAZoneThatIsNone) {
  for (const char* text : {"fe80::1%", "fe80::1%nosuchif", "[fe80::1%nosuchif]:53", "fe80::1%0", "fe80::1%1x",
                           "fe80::1%lo%lo", "fe80::1%-1", "fe80::1%4294967297", "2001:db8::1%nosuchif", "%lo",
                           "192.0.2.1%lo", "192.0.2.1%lo:53", "[fe80::1]%lo:53"}) {
    EXPECT_FALSE(parse_endpoint(text, 53)) << text;
  }
}

TEST(ParseEndpoint, PortZeroIsForThoseWhoLetTheKernelChoose) {
  EXPECT_FALSE(parse_endpoint("127.0.0.1:0", 53));
  const auto endpoint = parse_endpoint("127.0.0.1:0", 53, true);
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->port, 0);
  EXPECT_EQ(parse_endpoint("[::1]:0", 53, true)->port, 0);
}

TEST(Endpoint, ItsTextIsReadBack) {
  for (const char* text :
       {"192.0.2.1:53", "0.0.0.0:65535", "[2001:db8::1]:53", "[::]:1", "[::ffff:192.0.2.1]:53",
        "[fe80::1%lo]:53", "[fe80::1%7]:53", "[1:2:3:4:5:6:7:8]:8"}) {
    const auto endpoint = parse_endpoint(text, 9999);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(to_string(*endpoint), text);
    EXPECT_EQ(parse_endpoint(to_string(*endpoint), 9999).value(), endpoint.value());
  }
}

TEST(Endpoint, IsEqualByAddressAndPort) {
  const auto endpoint = [](const char* text) { return parse_endpoint(text, 53).value(); };
  EXPECT_EQ(endpoint("192.0.2.1"), endpoint("192.0.2.1:53"));
  EXPECT_EQ(endpoint("2001:db8::1"), endpoint("[2001:DB8:0::1]:53"));
  EXPECT_NE(endpoint("192.0.2.1"), endpoint("192.0.2.1:54"));
  EXPECT_NE(endpoint("192.0.2.1"), endpoint("192.0.2.2"));
  const std::set<Endpoint> sorted{endpoint("192.0.2.2"), endpoint("::1"), endpoint("192.0.2.1"),
                                  endpoint("::1")};
  EXPECT_EQ(sorted.size(), 3U);
}

TEST(Endpoint, BecomesOneOfUdpOrTcp) {
  const auto endpoint = parse_endpoint("[2001:db8::1]:5300", 53).value();
  EXPECT_EQ(endpoint.udp().address(), endpoint.address);
  EXPECT_EQ(endpoint.udp().port(), 5300);
  EXPECT_EQ(endpoint.tcp().address(), endpoint.address);
  EXPECT_EQ(endpoint.tcp().port(), 5300);
}

}  // namespace
}  // namespace pacedns::net
