#include "pacedns/config/relations.hpp"

#include <gmock/gmock.h>

#include "unit/config/loading.hpp"

namespace pacedns::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

std::string upstream(const std::string& more) {
  return "upstream:\n  servers: [9.9.9.9]\n" + more;
}

TEST(Relations, FallbackComesBeforeTheEnd) {
  EXPECT_THAT(errors_of(upstream("  fallback_timeout: 3s")),
              ElementsAre("f:3:21: upstream.fallback_timeout: 3s is too long (less than "
                          "upstream.total_collect_timeout, which is 3s)"));
  EXPECT_THAT(errors_of(upstream("  total_collect_timeout: 300ms")),
              ElementsAre("f:3:26: upstream.total_collect_timeout: 300ms is too short (greater than "
                          "upstream.fallback_timeout, which is 300ms)"));
  EXPECT_THAT(errors_of(upstream("  total_collect_timeout: 1s\n  fallback_timeout: 2s")),
              ElementsAre("f:4:21: upstream.fallback_timeout: 2s is too long (less than "
                          "upstream.total_collect_timeout, which is 1s)"));
  EXPECT_THAT(errors_of(upstream("  total_collect_timeout: 301ms")), IsEmpty());
}

TEST(Relations, ABatchFollowsBeforeTheFallback) {
  EXPECT_THAT(
      errors_of(upstream("  stagger_delay: 301ms")),
      ElementsAre("f:3:18: upstream.stagger_delay: 301ms is too long (at most upstream.fallback_timeout, "
                  "which is 300ms)"));
  EXPECT_THAT(
      errors_of(upstream("  fallback_timeout: 20ms")),
      ElementsAre("f:3:21: upstream.fallback_timeout: 20ms is too short (at least upstream.stagger_delay, "
                  "which is 50ms)"));
  EXPECT_THAT(errors_of(upstream("  stagger_delay: 300ms")), IsEmpty());
}

TEST(Relations, MinimumTtlIsAtMostTheMaximum) {
  EXPECT_THAT(errors_of(with_server("cache: { min_ttl: 1m, max_ttl: 30s }")),
              ElementsAre("f:2:19: cache.min_ttl: 1m is too long (at most cache.max_ttl, which is 30s)"));
  EXPECT_THAT(errors_of(with_server("cache: { min_ttl: 30s, max_ttl: 30s }")), IsEmpty());
}

TEST(Relations, OfAKeyThatFailedAreLeftAlone) {
  EXPECT_THAT(errors_of(upstream("  fallback_timeout: 4s\n  total_collect_timeout: 20s")),
              ElementsAre(StartsWith("f:4:26: upstream.total_collect_timeout: '20s' is out of range")));
}

struct LoopRow {
  const char* listen;
  const char* server;
  bool loops;
};

const LoopRow kLoops[] = {
    {"'127.0.0.1:53'", "127.0.0.1", true},
    {"'127.0.0.1:53'", "'tcp://127.0.0.1:53'", true},
    {"'127.0.0.1:53'", "'::ffff:127.0.0.1'", true},
    {"'127.0.0.1:53'", "127.0.0.2", false},
    {"'127.0.0.1:53'", "'127.0.0.1:54'", false},
    {"'192.0.2.1:53'", "192.0.2.1", true},
    {"'192.0.2.1:0'", "192.0.2.1", false},
    {"'[::1]:53'", "'::1'", true},
    {"'[::1]:53'", "127.0.0.1", false},
    {"'0.0.0.0:53'", "127.0.0.1", true},
    {"'0.0.0.0:53'", "127.9.9.9", true},
    {"'0.0.0.0:53'", "'127.0.0.1:54'", false},
    {"'0.0.0.0:53'", "192.0.2.1", false},
    {"'0.0.0.0:53'", "'::1'", false},
    {"'[::]:53'", "'::1'", true},
    {"'[::]:53'", "127.0.0.1", false},
    {"'[::]:53'", "'2001:db8::1'", false},
};

TEST(Relations, NoUpstreamIsOneOfOurOwnAddresses) {
  for (const LoopRow& row : kLoops) {
    const auto errors =
        errors_of("listen: [" + std::string(row.listen) + "]\nupstream: { servers: [" + row.server + "] }");
    EXPECT_EQ(!errors.empty(), row.loops) << row.listen << " " << row.server;
  }
}

TEST(Relations, ALoopIsReportedAtTheUpstream) {
  EXPECT_THAT(
      errors_of("upstream:\n  servers: [bad.name, 9.9.9.9, '::1']\n"),
      ElementsAre(StartsWith("f:2:13: upstream.servers: 'bad.name' is a host name"),
                  "f:2:32: upstream.servers: [::1]:53 is our own listening address [::1]:53 (the address of "
                  "another server)"));
}

TEST(Relations, StatusHasAnAddressOfItsOwn) {
  EXPECT_THAT(
      errors_of(with_server("status: { listen: '127.0.0.1:53' }")),
      ElementsAre("f:2:19: status.listen: 127.0.0.1:53 is taken by DNS (an address that is not in listen)"));
  EXPECT_THAT(errors_of(with_server("status: { listen: '127.0.0.1:0' }\nlisten: ['127.0.0.1:0']")),
              IsEmpty());
}

}  // namespace
}  // namespace pacedns::config
