#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "pacedns/cache/message_cache.hpp"
#include "pacedns/dns/wire.hpp"

#include "support/cache_messages.hpp"

// Several threads at one cache. A run with ThreadSanitizer selects the suite by its name.

namespace pacedns::cache {
namespace {

constexpr std::uint64_t kKeys = 64;
constexpr TimePoint kNow{seconds(100)};

std::vector<CacheKey> make_keys() {
  std::vector<CacheKey> keys;
  for (std::uint64_t i = 0; i < kKeys; ++i)
    keys.push_back(test::key_for("n" + std::to_string(i) + ".example."));
  return keys;
}

std::uint8_t pattern(std::uint64_t key, std::uint64_t generation) {
  return static_cast<std::uint8_t>(key * 31 + generation * 7);
}

std::size_t padding(std::uint64_t key, std::uint64_t generation) {
  return (key * 53 + generation * 131) % 700;
}

/// Every octet and the size follow from key and generation; the generation stands where the header was.
ResponseImage image_of(const CacheKey& key, std::uint64_t number, std::uint64_t generation) {
  ResponseImage image;
  image.wire.assign(12 + key.question().size() + padding(number, generation), pattern(number, generation));
  std::ranges::copy(key.question(), image.wire.begin() + 12);
  dns::store_u32(image.wire, 0, static_cast<std::uint32_t>(generation));
  image.ttl_offsets.assign(generation % 5, static_cast<std::uint16_t>(generation));
  image.short_size = static_cast<std::uint16_t>(generation);
  image.lifetime = 300;
  return image;
}

/// Whether all parts of the image are of one generation.
bool whole(const dns::ImageView& view, const CacheKey& key, std::uint64_t number) {
  const std::uint32_t generation = dns::load_u32(view.wire, 0);
  const std::size_t question_end = 12 + key.question().size();
  const std::uint8_t octet = pattern(number, generation);
  const auto is_octet = [octet](std::uint8_t each) { return each == octet; };
  return view.wire.size() == question_end + padding(number, generation) &&
         std::ranges::all_of(view.wire.subspan(4, 8), is_octet) &&
         std::ranges::all_of(view.wire.subspan(question_end), is_octet) &&
         std::ranges::equal(view.wire.subspan(12, key.question().size()), key.question()) &&
         view.short_size == static_cast<std::uint16_t>(generation) &&
         view.ttl_offsets.size() == generation % 5 &&
         std::ranges::all_of(view.ttl_offsets, [&](std::uint16_t each) { return each == view.short_size; });
}

void run_all(const std::vector<std::function<void()>>& jobs) {
  std::vector<std::jthread> threads;
  threads.reserve(jobs.size());
  for (const auto& job : jobs)
    threads.emplace_back(job);
}

TEST(MessageCacheConcurrent, ReadersNeverSeeATornImage) {
  constexpr int kRounds = 20'000;
  const auto keys = make_keys();
  MessageCache cache(12'000);  // one shard that evicts all the time
  std::atomic<std::uint64_t> next_generation{1};
  std::atomic<int> torn{0};
  std::atomic<int> hits{0};
  const auto writer = [&](unsigned seed) {
    std::mt19937 random(seed);
    for (int i = 0; i < kRounds; ++i) {
      const std::uint64_t number = random() % kKeys;
      const std::uint64_t generation = next_generation.fetch_add(1);
      cache.store(keys[number], image_of(keys[number], number, generation), kNow, kNow, generation);
    }
  };
  const auto reader = [&](unsigned seed) {
    std::mt19937 random(seed);
    for (int i = 0; i < 2 * kRounds; ++i) {
      const std::uint64_t number = random() % kKeys;
      const bool hit = cache.find(keys[number], kNow, [&](const dns::ImageView& view, std::uint32_t age) {
        if (age != 0 || !whole(view, keys[number], number)) ++torn;
      });
      if (hit) ++hits;
      if (i % 64 == 0 && cache.usage().bytes > 12'000) ++torn;
    }
  };
  run_all({[&] { writer(1); }, [&] { writer(2); }, [&] { reader(3); }, [&] { reader(4); }});
  EXPECT_EQ(torn, 0);
  EXPECT_GT(hits, 100);
}

// With an exclusive lock the second hit would wait until the first is over.
TEST(MessageCacheConcurrent, AHitKeepsNoOtherHitWaiting) {
  const auto keys = make_keys();
  MessageCache cache(12'000);
  cache.store(keys[0], image_of(keys[0], 0, 1), kNow, kNow, 1);
  std::promise<void> second_is_over;
  std::jthread other;
  bool in_time = false;
  EXPECT_TRUE(cache.find(keys[0], kNow, [&](const dns::ImageView&, std::uint32_t) {
    other = std::jthread([&] {
      EXPECT_TRUE(cache.find(keys[0], kNow, [](const dns::ImageView&, std::uint32_t) {}));
      second_is_over.set_value();
    });
    in_time = second_is_over.get_future().wait_for(seconds(10)) == std::future_status::ready;
  }));
  EXPECT_TRUE(in_time);
}

TEST(MessageCacheConcurrent, GenerationsNeverGoBack) {
  constexpr std::uint64_t kGenerations = 20'000;
  const auto keys = make_keys();
  MessageCache cache(8 * kMiB);  // nothing is evicted
  std::atomic<int> back{0};
  const auto writer = [&](std::uint64_t first) {
    for (std::uint64_t generation = first; generation <= kGenerations; generation += 3) {
      const std::uint64_t number = generation % 4;
      cache.store(keys[number], image_of(keys[number], number, generation), kNow, kNow, generation);
    }
  };
  const auto reader = [&] {
    std::vector<std::uint32_t> last(4, 0);
    for (std::size_t i = 0; i < kGenerations; ++i) {
      const std::size_t number = i % 4;
      static_cast<void>(cache.find(keys[number], kNow, [&](const dns::ImageView& view, std::uint32_t) {
        const std::uint32_t generation = dns::load_u32(view.wire, 0);
        if (generation < last[number]) ++back;
        last[number] = generation;
      }));
    }
  };
  run_all({[&] { writer(1); }, [&] { writer(2); }, [&] { writer(3); }, reader});
  EXPECT_EQ(back, 0);
  for (std::uint64_t number = 0; number < 4; ++number) {
    EXPECT_TRUE(cache.find(keys[number], kNow, [&](const dns::ImageView& view, std::uint32_t) {
      EXPECT_EQ(dns::load_u32(view.wire, 0), number == 0 ? kGenerations : kGenerations - 4 + number);
    }));
  }
  EXPECT_EQ(cache.usage().entries, 4U);
}

TEST(MessageCacheConcurrent, TheTableGrowsUnderReaders) {
  constexpr std::uint64_t kEntries = 6000;
  MessageCache cache(kMiB);
  std::atomic<std::uint64_t> stored{0};
  std::atomic<int> lost{0};
  std::vector<CacheKey> keys;
  for (std::uint64_t i = 0; i < kEntries; ++i)
    keys.push_back(test::key_for("g" + std::to_string(i) + "."));
  const auto writer = [&] {
    for (std::uint64_t i = 0; i < kEntries; ++i) {
      ResponseImage image;
      image.wire.assign(12, 0);
      image.wire.insert(image.wire.end(), keys[i].question().begin(), keys[i].question().end());
      image.lifetime = 300;
      cache.store(keys[i], image, kNow, kNow, 1);
      stored.store(i + 1, std::memory_order_release);
    }
  };
  const auto reader = [&](unsigned seed) {
    std::mt19937 random(seed);
    while (stored.load() < kEntries) {
      const std::uint64_t sure = stored.load(std::memory_order_acquire);
      std::this_thread::yield();  // the lock prefers readers: let the writer in
      if (sure == 0) continue;
      if (!cache.find(keys[random() % sure], kNow, [](const dns::ImageView&, std::uint32_t) {})) ++lost;
    }
  };
  run_all({writer, [&] { reader(1); }, [&] { reader(2); }});
  EXPECT_EQ(lost, 0);
  EXPECT_EQ(cache.usage().entries, kEntries);
}

}  // namespace
}  // namespace pacedns::cache
