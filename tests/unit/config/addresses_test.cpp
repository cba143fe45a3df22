#include "pacedns/config/addresses.hpp"

#include <string>

#include <gtest/gtest.h>

namespace pacedns::config {
namespace {

using boost::asio::ip::make_address;
using upstream::Protocol;

struct ServerRow {
  const char* text;
  Protocol protocol;
  const char* endpoint;
};

const ServerRow kServers[] = {
    {"9.9.9.9", Protocol::Udp, "9.9.9.9:53"},
    {"9.9.9.9:5300", Protocol::Udp, "9.9.9.9:5300"},
    {"2620:fe::9", Protocol::Udp, "[2620:fe::9]:53"},
    {"[2620:fe::9]", Protocol::Udp, "[2620:fe::9]:53"},
    {"[2620:fe::9]:5300", Protocol::Udp, "[2620:fe::9]:5300"},
    {"udp://9.9.9.9", Protocol::Udp, "9.9.9.9:53"},
    {"tcp://9.9.9.9:5300", Protocol::Tcp, "9.9.9.9:5300"},
    {"tcp://[2620:fe::9]:5300", Protocol::Tcp, "[2620:fe::9]:5300"},
    {"127.0.0.1", Protocol::Udp, "127.0.0.1:53"},
    {"::ffff:9.9.9.9", Protocol::Udp, "9.9.9.9:53"},
};

TEST(Addresses, ReadsEveryFormOfAnUpstream) {
  for (const ServerRow& row : kServers) {
    const auto server = parse_server(row.text);
    ASSERT_TRUE(server) << row.text;
    EXPECT_EQ(server.value().protocol, row.protocol) << row.text;
    EXPECT_EQ(to_string(server.value().endpoint), row.endpoint) << row.text;
    EXPECT_EQ(server.value().name, row.text);
  }
}

struct BadRow {
  const char* text;
  const char* what;
};

constexpr const char* kNoAddress = "is not an IP address with or without a port";
constexpr const char* kHostName = "is a host name, where an IP address is needed";
constexpr const char* kEncrypted = "is an encrypted transport, not supported yet";
constexpr const char* kUnspecified = "is the unspecified address, which no server has";
constexpr const char* kMulticast = "is a multicast address, not one server's";

const BadRow kBadServers[] = {
    {"", kNoAddress},
    {"9.9.9", kNoAddress},
    {"9.9.9.9.9", kNoAddress},
    {"9.9.9.9:", kNoAddress},
    {"9.9.9.9:0", kNoAddress},
    {"9.9.9.9:65536", kNoAddress},
    {"9.9.9.9:-1", kNoAddress},
    {"9.9.9.9 ", kNoAddress},
    {"[2620:fe::9", kNoAddress},
    {"[9.9.9.9]:53", kNoAddress},
    {"udp://", kNoAddress},
    {"udp://9.9.9.9/", kNoAddress},
    {"dns.google", kHostName},
    {"localhost:53", kHostName},
    {"tcp://dns.google:53", kHostName},
    {"tls://9.9.9.9", kEncrypted},
    {"tls://dns.google", kEncrypted},
    {"https://dns.google/dns-query", kEncrypted},
    {"quic://9.9.9.9", "has an unknown scheme"},
    {"://9.9.9.9", "has an unknown scheme"},
    {"0.0.0.0", kUnspecified},
    {"[::]:53", kUnspecified},
    {"::ffff:0.0.0.0", kUnspecified},
    {"224.0.0.251:5353", kMulticast},
    {"ff02::fb", kMulticast},
    {"::ffff:224.0.0.251", kMulticast},
};

TEST(Addresses, SaysWhatIsWrongWithAnUpstream) {
  for (const BadRow& row : kBadServers) {
    const auto server = parse_server(row.text);
    ASSERT_FALSE(server) << row.text;
    EXPECT_EQ(server.error().what, row.what) << row.text;
  }
}

TEST(Addresses, TakesPortZeroAndTheDefaultPortForListening) {
  EXPECT_EQ(to_string(parse_listen_address("127.0.0.1:0", 53).value()), "127.0.0.1:0");
  EXPECT_EQ(to_string(parse_listen_address("127.0.0.1", 53).value()), "127.0.0.1:53");
  EXPECT_EQ(to_string(parse_listen_address("::", 9853).value()), "[::]:9853");
  EXPECT_EQ(to_string(parse_listen_address("0.0.0.0:5300", 53).value()), "0.0.0.0:5300");
  EXPECT_EQ(parse_listen_address("localhost", 53).error().what, kHostName);
  EXPECT_EQ(parse_listen_address("127.0.0.1:65536", 53).error().hint, "ports are 0..65535");
}

TEST(Addresses, ChecksNamesOfUpstreams) {
  EXPECT_FALSE(check_server_name("cloudflare"));
  EXPECT_FALSE(check_server_name("tcp://[2620:fe::9]:53"));
  EXPECT_FALSE(check_server_name(std::string(64, 'x')));
  EXPECT_EQ(check_server_name("")->what, "is empty");
  EXPECT_EQ(check_server_name(std::string(65, 'x'))->what, "is too long");
  for (const char* name : {"a b", "a\"b", "a'b", "a\tb", "m\xc3\xbcnchen", "a\x7f"}) {
    EXPECT_TRUE(check_server_name(name)) << name;
  }
}

bool allows(std::string_view entry, const char* client) {
  for (const net::Prefix& prefix : parse_access_entry(entry).value()) {
    if (prefix.contains(make_address(client))) return true;
  }
  return false;
}

TEST(Addresses, ReadsWordsAndRangesOfClients) {
  EXPECT_TRUE(allows("loopback", "127.1.2.3"));
  EXPECT_TRUE(allows("loopback", "::1"));
  EXPECT_FALSE(allows("loopback", "10.0.0.1"));
  EXPECT_TRUE(allows("private", "192.168.1.1"));
  EXPECT_FALSE(allows("private", "9.9.9.9"));
  EXPECT_TRUE(allows("any", "9.9.9.9"));
  EXPECT_TRUE(allows("any", "2620:fe::9"));
  EXPECT_TRUE(allows("192.0.2.0/24", "192.0.2.200"));
  EXPECT_FALSE(allows("192.0.2.0/24", "192.0.3.1"));
  EXPECT_TRUE(allows("2001:db8::/32", "2001:db8::1"));
  EXPECT_TRUE(allows("192.0.2.7", "192.0.2.7"));
}

TEST(Addresses, SaysWhatIsWrongWithARangeOfClients) {
  EXPECT_EQ(parse_access_entry("everybody").error().what, "is neither a known word nor an address");
  EXPECT_EQ(parse_access_entry("").error().what, "is neither a known word nor an address");
  EXPECT_EQ(parse_access_entry("192.0.2.1/24").error().what, "is not a range of addresses");
  EXPECT_EQ(parse_access_entry("192.0.2.0/33").error().what, "is not a range of addresses");
}

TEST(Addresses, AFileHasAnAbsolutePath) {
  for (const char* path : {"/a", "/run/systemd/resolve/resolv.conf", "/a b/\xc3\xbc'", "/a/../b"})
    EXPECT_FALSE(check_file_path(path)) << path;
  for (const char* path : {"", "a", "./a", "~/a", "/", "/a/", "/a\nb", "/a\x7f", "/a\"b"})
    EXPECT_TRUE(check_file_path(path)) << path;
  EXPECT_FALSE(check_file_path("/" + std::string(4094, 'a')));
  EXPECT_TRUE(check_file_path("/" + std::string(4095, 'a')));
}

TEST(Addresses, ASocketsPathFitsIntoItsAddress) {
  EXPECT_FALSE(check_socket_path("/run/pacedns/control.sock"));
  EXPECT_FALSE(check_socket_path("/" + std::string(106, 'a')));
  EXPECT_EQ(check_socket_path("/" + std::string(107, 'a'))->hint, "at most 107 octets");
  for (const char* path : {"", "a.sock", "@abstract", "/run/", "/a\nb"})
    EXPECT_EQ(check_socket_path(path).has_value(), check_file_path(path).has_value()) << path;
  EXPECT_EQ(check_socket_path(std::string(108, 'a'))->what, "is not an absolute path");
}

}  // namespace
}  // namespace pacedns::config
