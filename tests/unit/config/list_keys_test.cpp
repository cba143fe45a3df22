#include "pacedns/config/list_keys.hpp"

#include <gmock/gmock.h>

#include "unit/config/loading.hpp"

namespace pacedns::config {
namespace {

using testing::ElementsAre;

TEST(ListKeys, ListenReplacesTheDefault) {
  const Config config =
      config_of(with_server("listen: [0.0.0.0, '[::]:5300', '127.0.0.1:0', '127.0.0.1:0']"));
  std::vector<std::string> listen;
  for (const net::Endpoint& endpoint : config.server.listen)
    listen.push_back(to_string(endpoint));
  EXPECT_THAT(listen, ElementsAre("0.0.0.0:53", "[::]:5300", "127.0.0.1:0", "127.0.0.1:0"));
}

TEST(ListKeys, ListenRefusesDoubles) {
  EXPECT_THAT(errors_of(with_server("listen: [127.0.0.1, '127.0.0.1:53', '127.0.0.1:54']")),
              ElementsAre("f:2:21: listen: '127.0.0.1:53' is listed twice (IP, IP:port, \"[IPv6]\" or "
                          "\"[IPv6]:port\"; each address once)"));
}

TEST(ListKeys, ListenReportsEachBadEntry) {
  EXPECT_THAT(
      errors_of(with_server("listen:\n  - localhost\n  - 127.0.0.1\n  - [\"::1\"]\n")),
      ElementsAre("f:3:5: listen: 'localhost' is a host name, where an IP address is needed (IP, IP:port, "
                  "\"[IPv6]\" or \"[IPv6]:port\")",
                  "f:5:5: listen: is a list, not a single value (IP, IP:port, \"[IPv6]\" or "
                  "\"[IPv6]:port\")"));
}

TEST(ListKeys, AnEmptyListIsNotTheDefault) {
  EXPECT_THAT(errors_of(with_server("listen: []\naccess: { allow: [] }")),
              ElementsAre("f:2:9: listen: is an empty list (IP, IP:port, \"[IPv6]\" or \"[IPv6]:port\")",
                          "f:3:18: access.allow: is an empty list (loopback, private, any or CIDR)"));
  EXPECT_THAT(errors_of(with_server("status: { allow: [] }")),
              ElementsAre("f:2:18: status.allow: is an empty list (loopback, private, any or CIDR)"));
}

TEST(ListKeys, AllowTakesWordsAndRanges) {
  const Config config = config_of(with_server("access: { allow: [loopback, 192.0.2.0/24] }"));
  auto expected = server::loopback_prefixes();
  expected.push_back(net::Prefix::parse("192.0.2.0/24").value());
  EXPECT_EQ(config.server.allow, expected);
  EXPECT_EQ(config.status.allow, server::loopback_prefixes());
}

TEST(ListKeys, StatusIsAllowedByItself) {
  const Config config = config_of(with_server("status: { allow: [private, 192.0.2.0/24] }"));
  auto expected = server::private_prefixes();
  expected.push_back(net::Prefix::parse("192.0.2.0/24").value());
  EXPECT_EQ(config.status.allow, expected);
  EXPECT_EQ(config.server.allow, config_of(with_server("")).server.allow);
  EXPECT_THAT(errors_of(with_server("status: { allow: [nobody] }")),
              ElementsAre("f:2:19: status.allow: 'nobody' is neither a known word nor an address (loopback, "
                          "private, any or CIDR)"));
}

TEST(ListKeys, ListsOfExceptionsMayBeEmpty) {
  const Config config = config_of(
      with_server("access: { rebind_exceptions: [] }\nanswers: { forward_names: [], ignore_addresses: [] }"));
  EXPECT_EQ(config.forward.answers, forward::AnswerOptions{});
}

TEST(ListKeys, NamesAreKeptInWireFormat) {
  const auto options =
      config_of(with_server("answers: { forward_names: [168.192.In-Addr.arpa, 'Dev.test.'] }"));
  const forward::WireName expected{3, 'd', 'e', 'v', 4, 't', 'e', 's', 't', 0};
  ASSERT_EQ(options.forward.answers.forward_names.size(), 2U);
  EXPECT_EQ(options.forward.answers.forward_names[1], expected);
  EXPECT_THAT(errors_of(with_server("access: { rebind_exceptions: [a..b] }")),
              ElementsAre("f:2:31: access.rebind_exceptions: 'a..b' is not a domain name (domain names)"));
}

TEST(ListKeys, AddressesToIgnoreTakeNoWords) {
  const auto options = config_of(with_server("answers: { ignore_addresses: [192.0.2.66, '2001:db8::/64'] }"));
  EXPECT_EQ(
      options.forward.answers.ignore_addresses,
      (std::vector{net::Prefix::parse("192.0.2.66").value(), net::Prefix::parse("2001:db8::/64").value()}));
  EXPECT_THAT(errors_of(with_server("answers: { ignore_addresses: [private] }")),
              ElementsAre("f:2:31: answers.ignore_addresses: 'private' is not an address (IP or CIDR)"));
}

TEST(ListKeys, AllowReportsEachBadEntry) {
  EXPECT_THAT(
      errors_of(with_server("access: { allow: [everybody, 192.0.2.1/24] }")),
      ElementsAre("f:2:19: access.allow: 'everybody' is neither a known word nor an address (loopback, "
                  "private, any or CIDR)",
                  "f:2:30: access.allow: '192.0.2.1/24' is not a range of addresses (loopback, private, any "
                  "or CIDR; no bits may be set behind the prefix)"));
}

}  // namespace
}  // namespace pacedns::config
