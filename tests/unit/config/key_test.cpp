#include "pacedns/config/key.hpp"

#include <gtest/gtest.h>

namespace pacedns::config {
namespace {

TEST(Key, FieldReachesIntoNestedStructs) {
  const auto size = field(&Config::cache, &cache::CacheOptions::size);
  const auto max_ttl = field(&Config::cache, &cache::CacheOptions::ttl, &cache::TtlLimits::max_ttl);
  Config config;
  size(config) = 7;
  max_ttl(config) = std::chrono::seconds(9);
  EXPECT_EQ(config.cache.size, 7U);
  EXPECT_EQ(config.cache.ttl.max_ttl, std::chrono::seconds(9));
  const Config& constant = config;
  EXPECT_EQ(&size(constant), &constant.cache.size);
}

}  // namespace
}  // namespace pacedns::config
