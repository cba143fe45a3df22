#include "pacedns/cache/cache_shard.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/cache_messages.hpp"

namespace pacedns::cache {
namespace {

using test::key_for;
using test::MessageBuilder;

constexpr std::size_t kPlenty = std::size_t{1} << 30;
constexpr std::size_t kFirstTable = 16 * sizeof(void*);  // the table of a shard with few entries

CacheKey key_of(int number) {
  return key_for("n" + std::to_string(100000 + number) + ".example.");
}

/// All of these have the same footprint, unless `padding` differs.
CacheEntry::Pointer entry_of(const CacheKey& key, std::uint64_t generation = 1, std::uint32_t lifetime = 300,
                             std::size_t padding = 16, std::uint32_t stored_at = 0) {
  ResponseImage image;
  image.wire.assign(12 + key.question().size() + padding, static_cast<std::uint8_t>(generation));
  std::ranges::copy(key.question(), image.wire.begin() + 12);
  image.lifetime = lifetime;
  return CacheEntry::create(key, image, stored_at, generation);
}

bool store(CacheShard& shard, int number, std::size_t budget, std::uint64_t generation = 1) {
  return shard.store(key_of(number), entry_of(key_of(number), generation), budget, 0);
}

bool holds(const CacheShard& shard, const CacheKey& key, std::uint32_t now = 0) {
  return shard.find(key, now, [](const CacheEntry&) {});
}

/// Room for exactly `entries` entries.
std::size_t budget_for(std::size_t entries) {
  return entries * entry_of(key_of(0))->footprint() + kFirstTable;
}

TEST(CacheShard, CountsEntriesAndBytes) {
  CacheShard shard;
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(store(shard, i, kPlenty));
    EXPECT_EQ(shard.entries(), static_cast<std::size_t>(i) + 1);
    EXPECT_EQ(shard.bytes(), budget_for(static_cast<std::size_t>(i) + 1));
  }
}

TEST(CacheShard, FetchingAheadIsHarmlessWhateverIsThere) {
  CacheShard shard;
  const auto fetch = [&](std::uint64_t hash) {
    shard.prefetch_bucket(hash);
    shard.prefetch_entry(hash);
  };
  fetch(key_of(0).hash());  // there is not even a table
  EXPECT_TRUE(store(shard, 0, budget_for(1)));
  for (std::uint64_t hash = 0; hash < 64; ++hash)
    fetch(hash);
  fetch(~std::uint64_t{0});
  for (int i = 1; i < 100; ++i) {
    EXPECT_TRUE(store(shard, i, budget_for(1)));
    fetch(key_of(i - 1).hash());  // evicted
    fetch(key_of(i).hash());
  }
  EXPECT_EQ(shard.entries(), 1U);
}

TEST(CacheShard, FetchingAheadIsNoVisit) {
  CacheShard shard;
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(store(shard, i, budget_for(4)));
  shard.prefetch_entry(key_of(0).hash());
  EXPECT_TRUE(store(shard, 4, budget_for(4)));
  EXPECT_FALSE(holds(shard, key_of(0)));
}

TEST(CacheShard, EvictsTheOldestFirst) {
  CacheShard shard;
  for (int i = 0; i < 6; ++i)
    EXPECT_TRUE(store(shard, i, budget_for(4)));
  EXPECT_EQ(shard.entries(), 4U);
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(holds(shard, key_of(i)), i >= 2) << i;
}

TEST(CacheShard, VisitedSurvivesOnePass) {
  CacheShard shard;
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(store(shard, i, budget_for(4)));
  EXPECT_TRUE(holds(shard, key_of(0)));
  EXPECT_TRUE(holds(shard, key_of(2)));
  EXPECT_TRUE(store(shard, 4, budget_for(4)));  // spares 0, evicts 1
  EXPECT_TRUE(store(shard, 5, budget_for(4)));  // spares 2, evicts 3
  EXPECT_TRUE(store(shard, 6, budget_for(4)));  // evicts 4, the hand goes on
  EXPECT_TRUE(store(shard, 7, budget_for(4)));  // evicts 5
  for (const int gone : {1, 3, 4, 5})
    EXPECT_FALSE(holds(shard, key_of(gone))) << gone;
  for (const int kept : {0, 2, 6, 7})
    EXPECT_TRUE(holds(shard, key_of(kept))) << kept;
}

TEST(CacheShard, DoesNotEvictWhatItHasJustStored) {
  CacheShard shard;
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(store(shard, i, budget_for(4)));
  for (int i = 4; i < 40; ++i) {
    for (int j = 0; j < i; ++j)
      static_cast<void>(holds(shard, key_of(j)));  // all that is there is visited
    EXPECT_TRUE(store(shard, i, budget_for(4)));
    EXPECT_TRUE(holds(shard, key_of(i))) << i;
  }
}

/// SIEVE as its paper writes it, over numbers.
class Sieve {
 public:
  explicit Sieve(std::size_t capacity) : capacity_(capacity) {}

  bool find(int number) {
    const auto found = std::ranges::find(queue_, number, &Item::number);
    if (found == queue_.end()) return false;
    found->visited = true;
    return true;
  }

  void store(int number) {
    if (queue_.size() == capacity_) evict();
    queue_.push_front({number, false});
  }

 private:
  struct Item {
    int number;
    bool visited;
  };

  void evict() {
    if (hand_ == queue_.end()) hand_ = std::prev(queue_.end());
    while (hand_->visited) {
      hand_->visited = false;
      hand_ = hand_ == queue_.begin() ? std::prev(queue_.end()) : std::prev(hand_);
    }
    const auto victim = hand_;
    hand_ = hand_ == queue_.begin() ? queue_.end() : std::prev(hand_);
    queue_.erase(victim);
  }

  std::size_t capacity_;
  std::list<Item> queue_;  // the newest in front
  std::list<Item>::iterator hand_ = queue_.end();
};

TEST(CacheShard, EvictsAsSieveDoes) {
  std::mt19937 random(4);  // NOLINT: the same in each run
  for (const std::size_t capacity : {1U, 2U, 3U, 8U, 15U}) {
    CacheShard shard;
    Sieve sieve(capacity);
    int hits = 0;
    for (int i = 0; i < 5000; ++i) {
      const auto number = static_cast<int>(std::min(random() % 40, random() % 40));
      const bool hit = sieve.find(number);
      hits += hit ? 1 : 0;
      ASSERT_EQ(holds(shard, key_of(number)), hit) << i;
      if (hit) continue;
      sieve.store(number);
      ASSERT_TRUE(store(shard, number, budget_for(capacity)));
    }
    EXPECT_GT(hits, 50);
  }
}

TEST(CacheShard, EvictsExpiredOnesThoughVisited) {
  CacheShard shard;
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(shard.store(key_of(i), entry_of(key_of(i), 1, i == 1 ? 5 : 300), budget_for(4), 0));
    EXPECT_TRUE(holds(shard, key_of(i)));
  }
  EXPECT_TRUE(shard.store(key_of(4), entry_of(key_of(4)), budget_for(4), 5));
  EXPECT_FALSE(holds(shard, key_of(1)));
  for (const int kept : {0, 2, 3, 4})
    EXPECT_TRUE(holds(shard, key_of(kept), 5)) << kept;
}

TEST(CacheShard, AWalkOverManyVisitedOnesEnds) {
  CacheShard shard;
  constexpr int kEntries = 1000;
  std::size_t budget = 0;
  for (int i = 0; i < kEntries; ++i)
    EXPECT_TRUE(store(shard, i, kPlenty));
  budget = shard.bytes();
  for (int i = 0; i < kEntries; ++i)
    EXPECT_TRUE(holds(shard, key_of(i)));
  EXPECT_TRUE(store(shard, kEntries, budget));
  EXPECT_LE(shard.bytes(), budget);
  EXPECT_TRUE(holds(shard, key_of(kEntries)));
  EXPECT_EQ(shard.entries(), static_cast<std::size_t>(kEntries));
}

TEST(CacheShard, RefusesWhatDoesNotFitAndLeavesTheRestAlone) {
  CacheShard shard;
  const std::size_t budget = budget_for(4);
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(store(shard, i, budget));
  for (const std::size_t padding : {std::size_t{60000}, budget}) {
    EXPECT_FALSE(shard.store(key_of(9), entry_of(key_of(9), 1, 300, padding), budget, 0));
    EXPECT_FALSE(shard.store(key_of(2), entry_of(key_of(2), 2, 300, padding), budget, 0));
  }
  EXPECT_EQ(shard.bytes(), budget);
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(holds(shard, key_of(i)));
}

TEST(CacheShard, StaysWithinAnyBudget) {
  for (std::size_t budget = 0; budget < 1500; budget += 7) {
    CacheShard shard;
    for (int i = 0; i < 30; ++i) {
      const auto padding = static_cast<std::size_t>(i * 37 % 900);
      const bool stored = shard.store(key_of(i), entry_of(key_of(i), 1, 300, padding), budget, 0);
      EXPECT_EQ(holds(shard, key_of(i)), stored);
      ASSERT_LE(shard.bytes(), budget) << i;
    }
  }
}

TEST(CacheShard, TheTableCountsWhenALargeEntryComes) {
  const std::size_t budget = 64 * 1024;
  CacheShard shard;
  for (int i = 0; i < 2000; ++i)
    EXPECT_TRUE(store(shard, i, budget));
  for (std::size_t padding = 50000; padding < 65000; padding += 100) {
    static_cast<void>(shard.store(key_of(9999), entry_of(key_of(9999), 1, 300, padding), budget, 0));
    ASSERT_LE(shard.bytes(), budget) << padding;
  }
}

TEST(CacheShard, TheSameGenerationReplaces) {
  CacheShard shard;
  EXPECT_TRUE(store(shard, 1, kPlenty, 7));
  const std::size_t bytes = shard.bytes();
  EXPECT_TRUE(shard.store(key_of(1), entry_of(key_of(1), 7, 60), kPlenty, 0));
  EXPECT_EQ(shard.entries(), 1U);
  EXPECT_EQ(shard.bytes(), bytes);
  EXPECT_TRUE(shard.find(key_of(1), 0, [](const CacheEntry& entry) { EXPECT_EQ(entry.lifetime, 60U); }));
}

TEST(CacheShard, ALaterGenerationReplacesAndAnEarlierDoesNot) {
  CacheShard shard;
  EXPECT_TRUE(store(shard, 1, kPlenty, 7));
  EXPECT_FALSE(store(shard, 1, kPlenty, 6));
  EXPECT_TRUE(shard.find(key_of(1), 0, [](const CacheEntry& entry) { EXPECT_EQ(entry.generation, 7U); }));
  EXPECT_TRUE(store(shard, 1, kPlenty, 8));
  EXPECT_TRUE(shard.find(key_of(1), 0, [](const CacheEntry& entry) { EXPECT_EQ(entry.generation, 8U); }));
  EXPECT_TRUE(store(shard, 2, kPlenty, 1)) << "another key has generations of its own";
}

TEST(CacheShard, AnEarlierGenerationDoesNotReplaceALaterThatHasExpired) {
  CacheShard shard;
  EXPECT_TRUE(shard.store(key_of(1), entry_of(key_of(1), 7, 5), kPlenty, 0));
  EXPECT_FALSE(shard.store(key_of(1), entry_of(key_of(1), 6, 300), kPlenty, 100));
  EXPECT_FALSE(holds(shard, key_of(1), 100));
}

TEST(CacheShard, GenerationsAreComparedInAllTheirBits) {
  CacheShard shard;
  EXPECT_TRUE(store(shard, 1, kPlenty, std::uint64_t{1} << 32));
  EXPECT_FALSE(store(shard, 1, kPlenty, 0xffffffff));
  EXPECT_TRUE(store(shard, 1, kPlenty, ~std::uint64_t{0}));
  EXPECT_FALSE(store(shard, 1, kPlenty, ~std::uint64_t{0} - 1));
}

TEST(CacheShard, ReplacingKeepsTheVisitedBit) {
  CacheShard shard;
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(store(shard, i, budget_for(3)));
  EXPECT_TRUE(holds(shard, key_of(0)));
  EXPECT_TRUE(store(shard, 0, budget_for(3), 2));
  for (const int added : {10, 11, 12})
    EXPECT_TRUE(store(shard, added, budget_for(3)));
  EXPECT_TRUE(holds(shard, key_of(0)));
}

TEST(CacheShard, AHitChangesNothingButTheVisitedBit) {
  CacheShard shard;
  for (int i = 0; i < 4; ++i)
    EXPECT_TRUE(store(shard, i, kPlenty));
  const std::size_t bytes = shard.bytes();
  const CacheEntry* seen = nullptr;
  std::vector<std::uint8_t> wire;
  EXPECT_TRUE(shard.find(key_of(2), 5, [&](const CacheEntry& entry) {
    seen = &entry;
    wire.assign(entry.image().wire.begin(), entry.image().wire.end());
    EXPECT_TRUE(entry.visited.load());
  }));
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(shard.find(key_of(2), 5, [&](const CacheEntry& entry) {
      EXPECT_EQ(&entry, seen);
      EXPECT_EQ(entry.age(5), 5U);
      EXPECT_TRUE(std::ranges::equal(entry.image().wire, wire));
    }));
  }
  EXPECT_EQ(shard.bytes(), bytes);
  EXPECT_EQ(shard.entries(), 4U);
}

TEST(CacheShard, AMissMarksNothing) {
  CacheShard shard;
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(shard.store(key_of(i), entry_of(key_of(i), 1, 10), budget_for(3), 0));
  EXPECT_FALSE(holds(shard, key_of(0), 10)) << "expired";
  EXPECT_TRUE(store(shard, 3, budget_for(3)));
  EXPECT_FALSE(holds(shard, key_of(0)));
}

}  // namespace
}  // namespace pacedns::cache
