#include "pacedns/config/servers_key.hpp"

#include <gmock/gmock.h>

#include "unit/config/loading.hpp"

namespace pacedns::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::string servers(const std::string& list) {
  return "upstream:\n  servers: " + list;
}

TEST(ServersKey, TakesAddressesAndMapsInOrder) {
  const Config config =
      config_of(servers("[9.9.9.9, { name: quad9-tcp, address: 'tcp://9.9.9.9' }, { address: 1.1.1.1 }]"));
  const auto& list = config.upstream.servers;
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].name, "9.9.9.9");
  EXPECT_EQ(list[1].name, "quad9-tcp");
  EXPECT_EQ(list[1].protocol, upstream::Protocol::Tcp);
  EXPECT_EQ(list[2].name, "1.1.1.1");
  EXPECT_EQ(to_string(list[2].endpoint), "1.1.1.1:53");
}

TEST(ServersKey, IsRequiredAndSaysWhereItIsMissing) {
  EXPECT_THAT(errors_of("workers: 1\n"),
              ElementsAre(StartsWith("f:1:1: upstream.servers: is missing (1..64 of IP")));
  EXPECT_THAT(errors_of("workers: 1\nupstream:\n  batch_size: 1\n"),
              ElementsAre(StartsWith("f:2:1: upstream.servers: is missing (")));
  EXPECT_THAT(errors_of("workers: 1\nupstream:\n"),
              ElementsAre(StartsWith("f:2:1: upstream.servers: is missing (")));
}

TEST(ServersKey, HasBetweenOneAndSixtyFourEntries) {
  EXPECT_THAT(errors_of(servers("[]")),
              ElementsAre(StartsWith("f:2:12: upstream.servers: is an empty list (1..64 of")));
  std::string list = "[";
  for (int i = 0; i < 65; ++i)
    list += "10.0.0." + std::to_string(i) + (i < 64 ? ", " : "]");
  EXPECT_THAT(errors_of(servers(list)),
              ElementsAre(StartsWith("f:2:12: upstream.servers: has 65 entries (1..64 of")));
}

TEST(ServersKey, ReportsEachBadEntry) {
  EXPECT_THAT(errors_of(servers("[dns.google, 'tls://9.9.9.9', 0.0.0.0, 224.0.0.1, [x]]")),
              ElementsAre(StartsWith("f:2:13: upstream.servers: 'dns.google' is a host name"),
                          StartsWith("f:2:25: upstream.servers: 'tls://9.9.9.9' is an encrypted transport"),
                          StartsWith("f:2:42: upstream.servers: '0.0.0.0' is the unspecified address"),
                          StartsWith("f:2:51: upstream.servers: '224.0.0.1' is a multicast address"),
                          StartsWith("f:2:62: upstream.servers: is a list, not a single value")));
}

TEST(ServersKey, ReportsEverythingWrongWithAMap) {
  EXPECT_THAT(
      errors_of(servers("[{ adress: 9.9.9.9, name: 'a b' }]")),
      ElementsAre(StartsWith("f:2:13: upstream.servers.address: is missing ("),
                  "f:2:15: upstream.servers.adress: unknown key (did you mean address?)",
                  StartsWith("f:2:38: upstream.servers.name: 'a b' has characters that a name must not")));
  EXPECT_THAT(errors_of(servers("[{ address: nowhere, name: [] }]")),
              ElementsAre(StartsWith("f:2:24: upstream.servers.address: 'nowhere' is a host name"),
                          StartsWith("f:2:39: upstream.servers.name: is a list, not a single value")));
}

TEST(ServersKey, RefusesTheSameUpstreamTwice) {
  EXPECT_THAT(
      errors_of(servers("[9.9.9.9, 'udp://9.9.9.9:53', 'tcp://9.9.9.9', { address: 9.9.9.9, name: other }]")),
      ElementsAre("f:2:22: upstream.servers: '9.9.9.9:53' is listed twice (each upstream once)",
                  "f:2:59: upstream.servers: '9.9.9.9:53' is listed twice (each upstream once)"));
}

TEST(ServersKey, RefusesTheSameNameTwice) {
  EXPECT_THAT(errors_of(servers("[{ address: 9.9.9.9, name: a }, { address: 1.1.1.1, name: a }]")),
              ElementsAre(StartsWith(
                  "f:2:70: upstream.servers.name: 'a' is the name of another upstream (1 to 64 visible")));
  EXPECT_THAT(errors_of(servers("[{ address: 9.9.9.9, name: 1.1.1.1 }, 1.1.1.1]")),
              ElementsAre(HasSubstr("upstream.servers.name: '1.1.1.1' is the name of another upstream")));
}

}  // namespace
}  // namespace pacedns::config
