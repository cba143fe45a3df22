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
}

TEST(ListKeys, AllowTakesWordsAndRanges) {
  const Config config = config_of(with_server("access: { allow: [loopback, 192.0.2.0/24] }"));
  auto expected = server::loopback_prefixes();
  expected.push_back(net::Prefix::parse("192.0.2.0/24").value());
  EXPECT_EQ(config.server.allow, expected);
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
