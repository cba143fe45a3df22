#include "pacedns/config/diff.hpp"

#include <gmock/gmock.h>

#include "pacedns/config/key_table.hpp"

#include "unit/config/loading.hpp"

namespace pacedns::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ConfigDiff diff_with(const std::string& more) {
  return diff(config_of(with_server("")), config_of(more.starts_with("upstream") ? more : with_server(more)));
}

std::string upstream(const std::string& more) {
  return "upstream: { servers: [9.9.9.9], " + more + " }";
}

TEST(Diff, OfEqualConfigurationsIsEmpty) {
  EXPECT_EQ(diff_with(""), ConfigDiff{});
  EXPECT_EQ(diff_with("cache: { size: 65536KiB, max_ttl: 24h }\nlog: { queries: false }"), ConfigDiff{});
}

struct Row {
  const char* path;
  std::string text;
};

const Row kApplied[] = {
    {"listen", "listen: ['127.0.0.1:53']"},
    {"upstream.servers", "upstream: { servers: [1.1.1.1] }"},
    {"upstream.servers", "upstream: { servers: [{ address: 9.9.9.9, name: quad9 }] }"},
    {"upstream.resolv_conf", upstream("resolv_conf: /run/resolv.conf")},
    {"upstream.active_tier_size", upstream("active_tier_size: 3")},
    {"upstream.fallback_timeout", upstream("fallback_timeout: 301ms")},
    {"upstream.batch_size", upstream("batch_size: 3")},
    {"upstream.stagger_delay", upstream("stagger_delay: 51ms")},
    {"upstream.total_collect_timeout", upstream("total_collect_timeout: 4s")},
    {"upstream.collect", upstream("collect: answer")},
    {"upstream.merge", upstream("merge: off")},
    {"cache.min_ttl", "cache: { min_ttl: 1s }"},
    {"cache.max_ttl", "cache: { max_ttl: 2d }"},
    {"cache.negative_max_ttl", "cache: { negative_max_ttl: 0 }"},
    {"cache.failure_ttl", "cache: { failure_ttl: 6s }"},
    {"access.allow", "access: { allow: [any] }"},
    {"limits.inflight_queries", "limits: { inflight_queries: 1 }"},
    {"limits.tcp_connections", "limits: { tcp_connections: 1 }"},
    {"limits.tcp_connections_per_client", "limits: { tcp_connections_per_client: 1 }"},
    {"limits.tcp_idle_timeout", "limits: { tcp_idle_timeout: 1s }"},
    {"log.level", "log: { level: debug }"},
    {"log.queries", "log: { queries: true }"},
    {"log.query_sample", "log: { query_sample: 2 }"},
    {"log.query_rate", "log: { query_rate: 1 }"},
    {"log.query_clients", "log: { query_clients: off }"},
    {"status.allow", "status: { allow: [private] }"},
    {"status.privacy", "status: { privacy: full }"},
    {"status.history", "status: { history: 0 }"},
};

const Row kNeedsRestart[] = {
    {"cache.size", "cache: { size: 0 }"},
    {"log.target", "log: { target: stderr }"},
    {"status.listen", "status: { listen: 127.0.0.1 }"},
    {"control.socket", "control: { socket: off }"},
    {"control.socket", "control: { socket: /run/c.sock }"},
};

TEST(Diff, NamesWhatTakesEffectOnReload) {
  for (const Row& row : kApplied) {
    const ConfigDiff changed = diff_with(row.text);
    EXPECT_THAT(changed.applied, ElementsAre(row.path)) << row.text;
    EXPECT_THAT(changed.needs_restart, IsEmpty()) << row.text;
  }
}

TEST(Diff, NamesWhatNeedsARestart) {
  for (const Row& row : kNeedsRestart) {
    const ConfigDiff changed = diff_with(row.text);
    EXPECT_THAT(changed.applied, IsEmpty()) << row.text;
    EXPECT_THAT(changed.needs_restart, ElementsAre(row.path)) << row.text;
  }
  EXPECT_THAT(diff(config_of(with_server("workers: 1")), config_of(with_server("workers: 2"))).needs_restart,
              ElementsAre("workers"));
}

TEST(Diff, SortsOutSeveralChangesInTheOrderOfTheTable) {
  EXPECT_EQ(diff_with("log: { queries: true, target: stderr }\ncache: { size: 0, max_ttl: 2d }"),
            (ConfigDiff{{"cache.max_ttl", "log.queries"}, {"cache.size", "log.target"}}));
}

}  // namespace
}  // namespace pacedns::config
