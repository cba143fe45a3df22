#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "pacedns/cache/cache_shard.hpp"

#include "support/cache_messages.hpp"

// The hash table of a shard: chains, growth, keys that collide.

namespace pacedns::cache {
namespace {

using test::key_for;

constexpr std::size_t kPlenty = std::size_t{1} << 30;

CacheEntry::Pointer entry_of(const CacheKey& key, std::uint64_t generation = 1) {
  ResponseImage image;
  image.wire.assign(12, 0);
  image.wire.insert(image.wire.end(), key.question().begin(), key.question().end());
  image.lifetime = 300;
  return CacheEntry::create(key, image, 0, generation);
}

/// The generation found, 0 for none.
std::uint64_t found(const CacheShard& shard, const CacheKey& key) {
  std::uint64_t generation = 0;
  static_cast<void>(shard.find(key, 0, [&](const CacheEntry& entry) { generation = entry.generation; }));
  return generation;
}

/// Keys that share the low `bits` of their hash.
std::vector<CacheKey> colliding_keys(std::size_t count, unsigned bits) {
  std::vector<CacheKey> keys;
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  for (int i = 0; keys.size() < count; ++i) {
    const CacheKey key = key_for("n" + std::to_string(i) + ".example.");
    if ((key.hash() & mask) == 0x5) keys.push_back(key);
  }
  return keys;
}

TEST(CacheShardTable, AnEmptyShardHasNone) {
  const CacheShard shard;
  EXPECT_EQ(found(shard, key_for("www.example.")), 0U);
  EXPECT_EQ(shard.entries(), 0U);
  EXPECT_EQ(shard.bytes(), 0U);
}

TEST(CacheShardTable, KeysInOneBucketAreToldApart) {
  // 48 entries make a table of 64 buckets: all of them hang in one chain, whatever its size so far.
  const auto keys = colliding_keys(48, 6);
  CacheShard shard;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_TRUE(shard.store(keys[i], entry_of(keys[i], i + 1), kPlenty, 0));
    for (std::size_t j = 0; j <= i; ++j)
      ASSERT_EQ(found(shard, keys[j]), j + 1);
  }
}

TEST(CacheShardTable, EntriesLeaveAChainAtAnyPlace) {
  const auto keys = colliding_keys(9, 4);
  const std::size_t footprint = entry_of(keys[0])->footprint() + 16;  // names may differ by a digit or two
  std::mt19937 random(5);                                             // NOLINT: the same in each run
  CacheShard shard;
  for (int i = 0; i < 3000; ++i) {
    const CacheKey& key = keys[random() % keys.size()];
    static_cast<void>(found(shard, keys[random() % keys.size()]));
    ASSERT_TRUE(shard.store(key, entry_of(key, 7), 5 * footprint + 16 * sizeof(void*), 0));
    ASSERT_EQ(found(shard, key), 7U);
    const auto there =
        std::ranges::count_if(keys, [&](const CacheKey& each) { return found(shard, each) != 0; });
    ASSERT_EQ(static_cast<std::size_t>(there), shard.entries());
  }
}

TEST(CacheShardTable, AFullCollisionIsNoHit) {
  const CacheKey asked = key_for("asked.example.");
  for (const char* name : {"other.example.", "a.example.", "longer.other.example."}) {
    CacheShard shard;
    auto entry = entry_of(key_for(name));
    entry->hash = asked.hash();
    EXPECT_TRUE(shard.store(key_for(name), std::move(entry), kPlenty, 0));
    EXPECT_EQ(found(shard, asked), 0U);

    EXPECT_TRUE(shard.store(asked, entry_of(asked, 2), kPlenty, 0));
    EXPECT_EQ(found(shard, asked), 2U);
    EXPECT_EQ(shard.entries(), 2U);
  }
}

TEST(CacheShardTable, KeepsAllWhenItGrows) {
  CacheShard shard;
  std::vector<CacheKey> keys;
  for (int i = 0; i < 5000; ++i) {
    keys.push_back(key_for("n" + std::to_string(i) + ".example."));
    EXPECT_TRUE(shard.store(keys.back(), entry_of(keys.back(), keys.size()), kPlenty, 0));
    if ((keys.size() & (keys.size() - 1)) > 1) continue;  // look at all just before and after each growth
    for (std::size_t j = 0; j < keys.size(); ++j)
      ASSERT_EQ(found(shard, keys[j]), j + 1);
  }
  for (std::size_t j = 0; j < keys.size(); ++j)
    ASSERT_EQ(found(shard, keys[j]), j + 1);
  EXPECT_EQ(shard.entries(), keys.size());
}

TEST(CacheShardTable, IsAccountedFor) {
  CacheShard shard;
  std::size_t footprints = 0;
  for (int i = 0; i < 3000; ++i) {
    const CacheKey key = key_for("n" + std::to_string(i) + ".example.");
    auto entry = entry_of(key);
    footprints += entry->footprint();
    EXPECT_TRUE(shard.store(key, std::move(entry), kPlenty, 0));
  }
  // One bucket an entry on average, and no more than four.
  EXPECT_GE(shard.bytes(), footprints + 3000 * sizeof(void*));
  EXPECT_LE(shard.bytes(), footprints + 4 * 3000 * sizeof(void*));
}

}  // namespace
}  // namespace pacedns::cache
