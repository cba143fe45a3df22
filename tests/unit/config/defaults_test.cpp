#include "pacedns/config/defaults.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "pacedns/config/loader.hpp"

namespace pacedns::config {
namespace {

TEST(Defaults, ListenOnLoopbackOnly) {
  const Config config = default_config();
  ASSERT_EQ(config.server.listen.size(), 2U);
  EXPECT_EQ(to_string(config.server.listen[0]), "127.0.0.1:53");
  EXPECT_EQ(to_string(config.server.listen[1]), "[::1]:53");
}

TEST(Defaults, AllowLoopbackAndPrivateClients) {
  auto expected = server::loopback_prefixes();
  expected.insert(expected.end(), server::private_prefixes().begin(), server::private_prefixes().end());
  EXPECT_EQ(default_config().server.allow, expected);
}

TEST(Defaults, WorkersAreTheUsableCpus) {
  EXPECT_TRUE(kWorkers.allows(usable_cpus()));
  EXPECT_LE(usable_cpus(), std::max(1U, std::thread::hardware_concurrency()));
  EXPECT_EQ(default_config().workers, usable_cpus());
}

TEST(Defaults, AreTheModulesOwn) {
  const Config config = default_config();
  EXPECT_EQ(config.plan, plan::PlanOptions{});
  EXPECT_EQ(config.cache, cache::CacheOptions{});
  EXPECT_EQ(config.forward, forward::ForwardOptions{});
  EXPECT_EQ(config.server.tcp, server::TcpOptions{});
  EXPECT_EQ(config.log, LogOptions{});
  EXPECT_EQ(config.query_log, forward::QueryLogOptions{});
  EXPECT_FALSE(config.query_log.on);
}

TEST(Defaults, StatusIsOffAndForThisMachineOnly) {
  const Config config = default_config();
  EXPECT_EQ(config.status, (StatusOptions{std::nullopt, server::loopback_prefixes(), Privacy::Hashed}));
  EXPECT_EQ(config.control_socket, "auto");
}

TEST(Defaults, AreWhatTheShippedFileSays) {
  const auto loaded = load_file(PACEDNS_SOURCE_DIR "/config/pacedns.yaml");
  ASSERT_TRUE(loaded) << to_string(loaded.errors.front());
  Config expected = default_config();
  expected.upstream = loaded.config->upstream;  // has no default
  EXPECT_EQ(*loaded.config, expected);
  ASSERT_EQ(loaded.config->upstream.servers.size(), 2U);
  EXPECT_EQ(loaded.config->upstream.servers[0].name, "9.9.9.9");
  EXPECT_EQ(loaded.config->upstream.servers[1].name, "cloudflare");
}

}  // namespace
}  // namespace pacedns::config
