#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "pacedns/cache/cache_shard.hpp"

#include "support/cache_messages.hpp"

// Those who look at a shard and those who take from it, beside the clients that use it.

namespace pacedns::cache {
namespace {

using test::key_for;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

CacheKey key_of(int number) {
  return key_for("n" + std::to_string(100000 + number) + ".example.");
}

CacheEntry::Pointer entry_of(int number, std::uint32_t lifetime) {
  const CacheKey key = key_of(number);
  ResponseImage image;
  image.wire.assign(12 + key.question().size() + 16, 1);
  std::ranges::copy(key.question(), image.wire.begin() + 12);
  image.lifetime = lifetime;
  return CacheEntry::create(key, image, 0, static_cast<std::uint64_t>(number));
}

/// Room for so many; the generation of an entry is its number.
class CacheShardWalk : public testing::Test {
 protected:
  void store(int number, std::uint32_t lifetime = 300, std::uint32_t now = 0) {
    EXPECT_TRUE(shard_.store(key_of(number), entry_of(number, lifetime), budget_, now));
  }
  void store_up_to(int count) {
    for (int i = 0; i < count; ++i)
      store(i);
  }
  void make_room_for(std::size_t entries) {
    budget_ = entries * entry_of(0, 300)->footprint() + 16 * sizeof(void*);
  }

  [[nodiscard]] bool visit(int number, std::uint32_t now = 0) const {
    return shard_.find(key_of(number), now, [](const CacheEntry&) {});
  }
  [[nodiscard]] bool peek(int number, std::uint32_t now = 0) const {
    return shard_.peek(key_of(number), now, [](const CacheEntry&) {});
  }

  /// The numbers of the live ones, each as often as it is shown.
  [[nodiscard]] std::vector<std::uint64_t> live(std::uint32_t now = 0) const {
    std::vector<std::uint64_t> numbers;
    for (std::optional<std::size_t> bucket = 0; bucket;)
      bucket = shard_.for_some(*bucket, now,
                               [&](const CacheEntry& entry) { numbers.push_back(entry.generation); });
    return numbers;
  }

  template <typename Unwanted>
  static std::size_t erase_from(CacheShard& shard, std::uint32_t now, Unwanted unwanted) {
    std::size_t erased = 0;
    for (std::optional<std::size_t> bucket = 0; bucket;)
      bucket = shard.erase_some(*bucket, now, unwanted, erased);
    return erased;
  }

  std::size_t erase(const std::vector<std::uint64_t>& numbers, std::uint32_t now = 0) {
    return erase_from(shard_, now, [&](const CacheEntry& entry) {
      return std::ranges::count(numbers, entry.generation) > 0;
    });
  }

  CacheShard shard_;
  std::size_t budget_ = std::size_t{1} << 30;
};

TEST_F(CacheShardWalk, PeekingFindsWhatIsThereAndLive) {
  EXPECT_FALSE(peek(0)) << "there is not even a table";
  store(0, 10);
  const CacheEntry* seen = nullptr;
  EXPECT_TRUE(shard_.peek(key_of(0), 9, [&](const CacheEntry& entry) { seen = &entry; }));
  ASSERT_NE(seen, nullptr);
  EXPECT_TRUE(seen->matches(key_of(0)));
  EXPECT_FALSE(peek(0, 10)) << "expired";
  EXPECT_FALSE(peek(1));
}

TEST_F(CacheShardWalk, PeekingIsNoUse) {
  make_room_for(4);
  store_up_to(4);
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(peek(0));
  EXPECT_TRUE(visit(1));
  store(4);
  store(5);
  EXPECT_FALSE(peek(0)) << "evicted though it was peeked at";
  EXPECT_TRUE(peek(1)) << "spared, for it was used";
}

TEST_F(CacheShardWalk, EachLiveOneIsShownOnce) {
  EXPECT_THAT(live(), IsEmpty());
  store(0);
  store(1, 5);
  store(2);
  EXPECT_THAT(live(4), UnorderedElementsAre(2, 1, 0));
  EXPECT_THAT(live(5), UnorderedElementsAre(2, 0)) << "what has expired is not shown";
  EXPECT_EQ(shard_.entries(), 3U) << "nor is it taken away";
}

TEST_F(CacheShardWalk, AWalkIsMadeInStepsAndHasAnEnd) {
  const auto ignore = [](const CacheEntry&) {};
  EXPECT_EQ(shard_.for_some(0, 0, ignore), std::nullopt) << "there is not even a table";
  store_up_to(3 * static_cast<int>(CacheShard::kStep));  // in a table of four steps
  std::size_t most = 0;
  std::size_t steps = 0;
  for (std::optional<std::size_t> bucket = 0; bucket; ++steps) {
    EXPECT_EQ(*bucket, steps * CacheShard::kStep);
    std::size_t seen = 0;
    bucket = shard_.for_some(*bucket, 0, [&](const CacheEntry&) { ++seen; });
    most = std::max(most, seen);
  }
  EXPECT_EQ(steps, 4U);
  EXPECT_LT(most, 3 * CacheShard::kStep / 2) << "no step has half of them";
  EXPECT_EQ(shard_.for_some(1'000'000, 0, ignore), std::nullopt);
  std::size_t erased = 0;
  EXPECT_EQ(shard_.erase_some(
                1'000'000, 0, [](const CacheEntry&) { return true; }, erased),
            std::nullopt);
  EXPECT_EQ(erased, 0U);
}

TEST_F(CacheShardWalk, WhatIsThereAllTheTimeIsSeenThoughTheTableGrows) {
  constexpr int kBefore = 4 * static_cast<int>(CacheShard::kStep);
  store_up_to(kBefore);
  std::set<std::uint64_t> seen;
  const auto look = [&](std::size_t bucket) {
    return shard_.for_some(bucket, 0, [&](const CacheEntry& entry) { seen.insert(entry.generation); });
  };
  std::size_t steps = 1;
  for (std::optional<std::size_t> bucket = look(0); bucket; bucket = look(*bucket), ++steps) {
    for (int i = 0; steps <= 5 && i < 300; ++i)
      store(kBefore + static_cast<int>(steps) * 300 + i);
  }
  EXPECT_EQ(steps, 16U) << "of a table that has doubled twice";
  for (std::uint64_t number = 0; number < kBefore; ++number)
    EXPECT_TRUE(seen.contains(number)) << number;
}

TEST_F(CacheShardWalk, BeingShownIsNoUse) {
  make_room_for(4);
  store_up_to(4);
  static_cast<void>(live());
  store(4);
  EXPECT_THAT(live(), UnorderedElementsAre(4, 3, 2, 1));
}

TEST_F(CacheShardWalk, ErasingTakesWhatIsUnwantedAndItsBytes) {
  const std::size_t empty = shard_.bytes();
  EXPECT_EQ(erase({1}), 0U);
  store_up_to(5);
  const std::size_t full = shard_.bytes();
  EXPECT_EQ(erase({0, 2, 4, 9}), 3U) << "the newest, the oldest, and one between";
  EXPECT_THAT(live(), UnorderedElementsAre(3, 1));
  EXPECT_EQ(shard_.entries(), 2U);
  EXPECT_EQ(full - shard_.bytes(), 3 * entry_of(0, 300)->footprint());
  EXPECT_FALSE(visit(2));
  EXPECT_EQ(erase({0, 2, 4}), 0U);
  EXPECT_EQ(erase({3, 1}), 2U);
  EXPECT_EQ(shard_.entries(), 0U);
  EXPECT_GE(shard_.bytes(), empty) << "the table stays";
  store_up_to(3);
  EXPECT_THAT(live(), UnorderedElementsAre(2, 1, 0));
}

TEST_F(CacheShardWalk, ExpiredOnesAreTakenButNotCounted) {
  store(0, 5);
  store(1, 300);
  store(2, 5);
  EXPECT_EQ(erase({0, 1}, 5), 1U);
  EXPECT_EQ(shard_.entries(), 1U);
  EXPECT_THAT(live(0), UnorderedElementsAre(2));
}

TEST_F(CacheShardWalk, ErasingIsNoEviction) {
  store_up_to(5);
  EXPECT_EQ(erase({0, 1, 2}), 3U);
  EXPECT_EQ(shard_.evictions(), 0U);
}

TEST_F(CacheShardWalk, LiveOnesThatMadeRoomAreCounted) {
  make_room_for(4);
  store_up_to(4);
  EXPECT_EQ(shard_.evictions(), 0U);
  store(4);
  store(5);
  EXPECT_EQ(shard_.evictions(), 2U);
  store(5);
  EXPECT_EQ(shard_.evictions(), 2U) << "replaced, not evicted";
  store(6, 300, 300);
  EXPECT_EQ(shard_.evictions(), 2U) << "what has expired makes no room, it has gone";
}

// The hand stands on an entry or before the oldest; erasing must not leave it on one that has gone.
TEST_F(CacheShardWalk, TheHandGoesOnFromWhereItsEntryWas) {
  for (int erased = 0; erased < 8; ++erased) {
    CacheShard shard;
    make_room_for(8);
    const auto add = [&](int number) {
      EXPECT_TRUE(shard.store(key_of(number), entry_of(number, 300), budget_, 0));
    };
    for (int i = 0; i < 8; ++i)
      add(i);
    for (const int used : {0, 1, 2})
      EXPECT_TRUE(shard.find(key_of(used), 0, [](const CacheEntry&) {}));
    add(8);  // spares 0, 1 and 2, evicts 3; the hand stands on 4
    const auto number = static_cast<std::uint64_t>(erased);
    EXPECT_EQ(erase_from(shard, 0, [&](const CacheEntry& entry) { return entry.generation == number; }),
              erased == 3 ? 0U : 1U);
    add(9);
    add(10);
    const auto there = [&](int which) { return shard.peek(key_of(which), 0, [](const CacheEntry&) {}); };
    if (erased == 3) {
      EXPECT_FALSE(there(4) || there(5)) << "both had to go";
    } else {
      const int next = erased == 4 ? 5 : 4;
      EXPECT_FALSE(there(next)) << erased;
    }
    EXPECT_EQ(shard.entries(), 8U);
  }
}

// Whatever is stored, used and erased in whatever order: the sanitizers look on.
TEST_F(CacheShardWalk, AnythingInAnyOrder) {
  std::mt19937 random(7);  // NOLINT: the same in each run
  make_room_for(15);
  std::size_t erased = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto number = static_cast<int>(random() % 40);
    switch (random() % 4) {
      case 0:
        static_cast<void>(visit(number));
        break;
      case 1:
        if (random() % 8 == 0) {
          const std::uint64_t modulus = 1 + random() % 7;
          const std::size_t before = shard_.entries();
          const std::size_t gone =
              erase_from(shard_, 0, [&](const CacheEntry& entry) { return entry.generation % modulus == 0; });
          ASSERT_EQ(shard_.entries(), before - gone);
          erased += gone;
        }
        break;
      default:
        store(number);
    }
    ASSERT_LE(shard_.entries(), 15U);
    ASSERT_EQ(live().size(), shard_.entries());
  }
  EXPECT_GT(erased, 100U);
  EXPECT_GT(shard_.evictions(), 100U);
}

}  // namespace
}  // namespace pacedns::cache
