#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "pacedns/cache/message_cache.hpp"

#include "support/cache_messages.hpp"

// Those who look at the cache and those who take from it.

namespace pacedns::cache {
namespace {

using test::key_for;

constexpr std::uint64_t kEntries = 500;

constexpr TimePoint at(std::int64_t second) {
  return TimePoint(std::chrono::seconds(second));
}

CacheKey key_of(std::uint64_t number) {
  return key_for("n" + std::to_string(number) + ".example.");
}

/// Entries of all shards, whose generations are their numbers; each third lives ten seconds, the others 300.
class MessageCacheWalk : public testing::Test {
 protected:
  MessageCacheWalk() { fill(cache_, kEntries); }

  static void fill(MessageCache& cache, std::uint64_t entries) {
    for (std::uint64_t i = 0; i < entries; ++i) {
      const CacheKey key = key_of(i);
      ResponseImage image;
      image.wire.assign(12 + key.question().size() + 16, 1);
      std::ranges::copy(key.question(), image.wire.begin() + 12);
      image.lifetime = i % 3 == 0 ? 10 : 300;
      cache.store(key, image, at(100), at(100), i);
    }
  }

  [[nodiscard]] std::set<std::uint64_t> live(TimePoint now) const {
    std::set<std::uint64_t> numbers;
    MessageCache::Walk walk;
    const auto note = [&](const CacheEntry& entry) {
      EXPECT_TRUE(numbers.insert(entry.generation).second) << "twice: " << entry.generation;
      EXPECT_TRUE(entry.matches(key_of(entry.generation)));
    };
    while (cache_.for_some(walk, now, note)) {
    }
    EXPECT_FALSE(cache_.for_some(walk, now, note)) << "the end is the end";
    return numbers;
  }

  template <typename Unwanted>
  std::size_t erase_if(TimePoint now, Unwanted unwanted) {
    std::size_t erased = 0;
    MessageCache::Walk walk;
    while (cache_.erase_some(walk, now, unwanted, erased)) {
    }
    return erased;
  }

  MessageCache cache_{kMiB};
};

TEST_F(MessageCacheWalk, PeekingTellsOfAnEntry) {
  std::uint32_t age = 0;
  EXPECT_TRUE(cache_.peek(key_of(7), at(150), [&](const CacheEntry& entry) {
    EXPECT_EQ(entry.generation, 7U);
    age = entry.age(MessageCache::to_seconds(at(150)));
  }));
  EXPECT_EQ(age, 50U);
  const auto nothing = [](const CacheEntry&) { ADD_FAILURE(); };
  EXPECT_FALSE(cache_.peek(key_of(kEntries), at(150), nothing));
  EXPECT_FALSE(cache_.peek(key_of(6), at(110), nothing)) << "expired";
}

TEST_F(MessageCacheWalk, ShowsEachLiveEntryOfAllShardsOnce) {
  EXPECT_EQ(live(at(109)).size(), kEntries);
  const auto later = live(at(110));
  EXPECT_EQ(later.size(), kEntries - (kEntries + 2) / 3);
  EXPECT_EQ(std::ranges::count_if(later, [](std::uint64_t number) { return number % 3 == 0; }), 0);
}

TEST_F(MessageCacheWalk, ErasingGoesOverAllShardsAndCountsTheLiveOnes) {
  const auto even = [](const CacheEntry& entry) { return entry.generation % 2 == 0; };
  const std::size_t live_ones = live(at(110)).size();
  EXPECT_EQ(erase_if(at(110), even), kEntries / 2 - (kEntries + 5) / 6) << "0, 6, 12... have expired";
  EXPECT_EQ(cache_.usage().entries, kEntries / 2) << "but are gone too";
  EXPECT_LT(live(at(110)).size(), live_ones);
  for (const std::uint64_t number : live(at(109)))
    EXPECT_EQ(number % 2, 1U);
  EXPECT_EQ(erase_if(at(110), even), 0U);
  EXPECT_EQ(cache_.usage().evictions, 0U);
  erase_if(at(110), [](const CacheEntry&) { return true; });
  EXPECT_EQ(cache_.usage().entries, 0U);
}

TEST_F(MessageCacheWalk, EachStepIsASmallPart) {
  constexpr std::size_t kMany = 10'000;
  MessageCache cache(4 * kMiB);
  fill(cache, kMany);
  MessageCache::Walk walk;
  std::size_t most = 0;
  std::size_t all = 0;
  std::size_t seen = 0;
  while (cache.for_some(walk, at(100), [&](const CacheEntry&) { ++seen; })) {
    most = std::max(most, seen);
    all += std::exchange(seen, 0);
  }
  EXPECT_EQ(all, kMany);
  EXPECT_LT(most, 2 * CacheShard::kStep) << "a table has no more entries than buckets";
}

TEST_F(MessageCacheWalk, WhatIsErasedMayBeStoredAgainByAnyGeneration) {
  EXPECT_EQ(erase_if(at(100), [](const CacheEntry& entry) { return entry.generation == 9; }), 1U);
  const CacheKey key = key_of(9);
  ResponseImage image;
  image.wire.assign(12 + key.question().size(), 1);
  std::ranges::copy(key.question(), image.wire.begin() + 12);
  image.lifetime = 300;
  cache_.store(key, image, at(100), at(100), 1);
  EXPECT_TRUE(cache_.peek(key, at(100), [](const CacheEntry& entry) { EXPECT_EQ(entry.generation, 1U); }));
}

TEST_F(MessageCacheWalk, EvictionsOfAllShardsAreCounted) {
  EXPECT_EQ(cache_.usage().evictions, 0U);
  ResponseImage image;
  std::uint64_t stored = 0;
  for (std::uint64_t i = kEntries; i < kEntries + 2000; ++i, ++stored) {
    const CacheKey key = key_of(i);
    image.wire.assign(12 + key.question().size() + 4000, 1);
    std::ranges::copy(key.question(), image.wire.begin() + 12);
    image.lifetime = 300;
    cache_.store(key, image, at(100), at(100), i);
  }
  const CacheUsage usage = cache_.usage();
  EXPECT_EQ(usage.evictions, kEntries + stored - usage.entries);
  EXPECT_GT(usage.evictions, 0U);
}

}  // namespace
}  // namespace pacedns::cache
