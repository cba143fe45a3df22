#include "pacedns/cache/message_cache.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <malloc.h>

#include "support/cache_messages.hpp"

namespace pacedns::cache {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using test::key_for;
using test::MessageBuilder;
using test::Octets;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kOwnAllocator = true;  // the sanitizer's, of which mallinfo2 knows nothing
#else
constexpr bool kOwnAllocator = false;
#endif

constexpr TimePoint at(std::int64_t second) {
  return TimePoint(seconds(second));
}

CacheKey key_of(std::uint64_t number) {
  return key_for("n" + std::to_string(number) + ".example.");
}

ResponseImage image_of(const CacheKey& key, std::uint32_t lifetime, std::size_t padding = 16,
                       std::uint8_t octet = 1) {
  ResponseImage image;
  image.wire.assign(12 + key.question().size() + padding, octet);
  std::ranges::copy(key.question(), image.wire.begin() + 12);
  image.ttl_offsets.assign(1 + padding / 64, 12);
  image.lifetime = lifetime;
  return image;
}

std::optional<std::uint32_t> age_of(const MessageCache& cache, const CacheKey& key, TimePoint now) {
  std::optional<std::uint32_t> result;
  static_cast<void>(cache.find(key, now, [&](const dns::ImageView&, std::uint32_t age) { result = age; }));
  return result;
}

TEST(MessageCache, GivesBackWhatWasStored) {
  MessageCache cache(kMiB);
  const CacheKey key = key_for("WWW.example.");
  const auto image = test::image_of(
      MessageBuilder("www.EXAMPLE.").response().answer("www.example. 300 IN A 192.0.2.1").opt());
  cache.store(key, image, at(100), at(100), 1);
  EXPECT_TRUE(
      cache.find(key_for("www.example."), at(120), [&](const dns::ImageView& view, std::uint32_t age) {
        EXPECT_TRUE(std::ranges::equal(view.wire, image.wire));
        EXPECT_TRUE(std::ranges::equal(view.ttl_offsets, image.ttl_offsets));
        EXPECT_EQ(age, 20U);
      }));
  EXPECT_EQ(cache.usage().entries, 1U);
}

TEST(MessageCache, FetchingAheadChangesNothing) {
  MessageCache cache(kMiB);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    cache.prefetch_bucket(key_of(i));
    cache.prefetch_entry(key_of(i));
    if (i % 2 == 0) cache.store(key_of(i), image_of(key_of(i), 300), at(100), at(100), 1);
  }
  for (std::uint64_t i = 0; i < 1000; ++i) {
    cache.prefetch_bucket(key_of(i));
    cache.prefetch_entry(key_of(i));
    EXPECT_EQ(age_of(cache, key_of(i), at(101)).has_value(), i % 2 == 0);
  }
}

TEST(MessageCache, FindsNothingElse) {
  MessageCache cache(kMiB);
  const CacheKey key = key_for("www.example.");
  cache.store(key, image_of(key, 300), at(100), at(100), 1);
  EXPECT_FALSE(age_of(cache, key_for("example."), at(100)));
  EXPECT_FALSE(age_of(cache, key_for("www.example.", dns::RrType::Aaaa), at(100)));
  EXPECT_FALSE(age_of(cache, key_for("www.example.", dns::RrType::A, dns::RrClass::Ch), at(100)));
  EXPECT_FALSE(age_of(cache, key_for("www.example.", dns::RrType::A, dns::RrClass::In, true), at(100)));
  EXPECT_FALSE(
      age_of(cache, key_for("www.example.", dns::RrType::A, dns::RrClass::In, false, true), at(100)));
}

TEST(MessageCache, ExpiresAtTheExactSecond) {
  MessageCache cache(kMiB);
  const CacheKey key = key_of(1);
  cache.store(key, image_of(key, 30), at(100), at(100), 1);
  EXPECT_EQ(age_of(cache, key, at(130) - nanoseconds(1)), 29U);
  EXPECT_EQ(age_of(cache, key, at(130)), std::nullopt);
}

TEST(MessageCache, AgesFromWhenTheImageWasTaken) {
  MessageCache cache(kMiB);
  const CacheKey key = key_of(1);
  cache.store(key, image_of(key, 30), at(100), at(103), 1);
  EXPECT_EQ(age_of(cache, key, at(103)), 3U);
  EXPECT_EQ(age_of(cache, key, at(129)), 29U);
  EXPECT_EQ(age_of(cache, key, at(130)), std::nullopt);
}

TEST(MessageCache, IsNewForAReaderWhoseClockWasReadBefore) {
  MessageCache cache(kMiB);
  const CacheKey key = key_of(1);
  cache.store(key, image_of(key, 30), at(100), at(100), 1);
  EXPECT_EQ(age_of(cache, key, at(100) - milliseconds(1)), 0U);
  EXPECT_EQ(age_of(cache, key, at(98)), 0U);
}

TEST(MessageCache, TheClockMayWrapAround) {
  MessageCache cache(kMiB);
  const CacheKey key = key_of(1);
  constexpr std::int64_t kWrap = std::int64_t{1} << 32;
  cache.store(key, image_of(key, 30), at(kWrap - 10), at(kWrap - 10), 1);
  EXPECT_EQ(age_of(cache, key, at(kWrap - 11)), 0U);
  EXPECT_EQ(age_of(cache, key, at(kWrap - 1)), 9U);
  EXPECT_EQ(age_of(cache, key, at(kWrap)), 10U);
  EXPECT_EQ(age_of(cache, key, at(kWrap + 19)), 29U);
  EXPECT_EQ(age_of(cache, key, at(kWrap + 20)), std::nullopt);
}

TEST(MessageCache, OfSizeZeroStoresNothing) {
  MessageCache cache(0);
  cache.store(key_of(1), image_of(key_of(1), 300), at(0), at(0), 1);
  EXPECT_FALSE(age_of(cache, key_of(1), at(0)));
  EXPECT_EQ(cache.usage().entries, 0U);
  EXPECT_EQ(cache.usage().bytes, 0U);
}

TEST(MessageCache, DoesNotStoreLifetimeZero) {
  MessageCache cache(kMiB);
  cache.store(key_of(1), image_of(key_of(1), 0), at(0), at(0), 1);
  EXPECT_EQ(cache.usage().entries, 0U);
  cache.store(key_of(1), image_of(key_of(1), 300), at(0), at(0), 1);
  cache.store(key_of(1), image_of(key_of(1), 0), at(0), at(0), 2);
  EXPECT_TRUE(age_of(cache, key_of(1), at(0)));
}

TEST(MessageCache, WhatHasExpiredAlreadyReplacesNothing) {
  MessageCache cache(kMiB);
  cache.store(key_of(1), image_of(key_of(1), 300), at(100), at(100), 1);
  cache.store(key_of(1), image_of(key_of(1), 3), at(100), at(103), 1);
  EXPECT_EQ(age_of(cache, key_of(1), at(103)), 3U);
  cache.store(key_of(2), image_of(key_of(2), 3), at(100), at(103), 1);
  EXPECT_EQ(cache.usage().entries, 1U);
}

TEST(MessageCache, KeepsWhatALaterFlightWrote) {
  MessageCache cache(kMiB);
  const auto stored_octet = [&] {
    int octet = -1;
    static_cast<void>(cache.find(key_of(1), at(0),
                                 [&](const dns::ImageView& view, std::uint32_t) { octet = view.wire[0]; }));
    return octet;
  };
  cache.store(key_of(1), image_of(key_of(1), 300, 16, 10), at(0), at(0), 5);
  cache.store(key_of(1), image_of(key_of(1), 300, 16, 11), at(0), at(0), 4);
  EXPECT_EQ(stored_octet(), 10);
  cache.store(key_of(1), image_of(key_of(1), 300, 16, 12), at(0), at(0), 5);
  EXPECT_EQ(stored_octet(), 12);
  cache.store(key_of(1), image_of(key_of(1), 300, 16, 13), at(0), at(0), 6);
  EXPECT_EQ(stored_octet(), 13);
}

TEST(MessageCache, AnyResponseFitsIntoADefaultShard) {
  for (const std::size_t size : {kMiB / 2, kMiB, 3 * kMiB, 64 * kMiB, 300 * kMiB}) {
    MessageCache cache(size);
    ResponseImage image = image_of(key_of(1), 300, 65535 - 12 - key_of(1).question().size());
    image.ttl_offsets.assign(5957, 12);  // as many RRs of 11 octets as a message holds
    cache.store(key_of(1), image, at(0), at(0), 1);
    EXPECT_TRUE(age_of(cache, key_of(1), at(0))) << size;
  }
}

TEST(MessageCache, NeverExceedsItsSize) {
  for (const std::size_t size : {std::size_t{20'000}, kMiB, 3 * kMiB}) {
    const std::uint32_t rounds = size == kMiB ? 200'000 : 20'000;
    std::mt19937 random(6);  // NOLINT: the same in each run
    MessageCache cache(size);
    std::size_t most = 0;
    for (std::uint32_t i = 0; i < rounds; ++i) {
      const CacheKey key = key_of(random() % 20'000);
      const std::size_t padding = random() % 64 == 0 ? random() % 60'000 : random() % 400;
      cache.store(key, image_of(key, 1 + static_cast<std::uint32_t>(random() % 300), padding), at(i / 1000),
                  at(i / 1000), i);
      const std::size_t bytes = cache.usage().bytes;
      ASSERT_LE(bytes, size) << i;
      most = std::max(most, bytes);
    }
    EXPECT_GT(most, size / 10 * 8) << "the memory is not used";
  }
}

TEST(MessageCache, CountsAllTheMemoryItTakes) {
  if (kOwnAllocator) GTEST_SKIP() << "measures malloc";
  const auto allocated = [] {
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  std::mt19937 random(7);  // NOLINT: the same in each run
  const std::size_t before = allocated();
  MessageCache cache(16 * kMiB);
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    const CacheKey key = key_of(random() % 200'000);
    cache.store(key, image_of(key, 300, random() % 400), at(0), at(0), i);
  }
  const auto grown = static_cast<double>(allocated() - before);
  const auto counted = static_cast<double>(cache.usage().bytes);
  EXPECT_GT(counted, 15.0 * kMiB);
  EXPECT_NEAR(grown / counted, 1.0, 0.01);
}

/// What a cache without bounds would hold.
class Model {
 public:
  void store(std::uint64_t number, std::uint32_t lifetime, std::uint8_t octet, std::int64_t taken_at,
             std::int64_t now, std::uint64_t generation) {
    if (now - taken_at >= lifetime) return;
    const auto known = entries_.find(number);
    if (known != entries_.end() && known->second.generation > generation) return;
    entries_[number] = {lifetime, octet, taken_at, generation};
  }

  /// Age and octet.
  [[nodiscard]] std::optional<std::pair<std::int64_t, std::uint8_t>> find(std::uint64_t number,
                                                                          std::int64_t now) const {
    const auto known = entries_.find(number);
    if (known == entries_.end() || now - known->second.taken_at >= known->second.lifetime)
      return std::nullopt;
    return std::pair{now - known->second.taken_at, known->second.octet};
  }

 private:
  struct Entry {
    std::uint32_t lifetime;
    std::uint8_t octet;
    std::int64_t taken_at;
    std::uint64_t generation;
  };
  std::map<std::uint64_t, Entry> entries_;
};

TEST(MessageCache, BehavesAsAMapWhenNothingIsEvicted) {
  std::mt19937 random(8);  // NOLINT: the same in each run
  MessageCache cache(64 * kMiB);
  Model model;
  std::int64_t now = (std::int64_t{1} << 32) - 500;
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t number = random() % 300;
    const CacheKey key = key_of(number);
    if (random() % 40 == 0) ++now;
    if (random() % 3 == 0) {
      const auto lifetime = static_cast<std::uint32_t>(random() % 30);
      const auto octet = static_cast<std::uint8_t>(random());
      const std::int64_t taken_at = now - static_cast<std::int64_t>(random() % 4);
      const std::uint64_t generation = static_cast<std::uint64_t>(i) / 100 - random() % 2 + 1;
      cache.store(key, image_of(key, lifetime, random() % 100, octet), at(taken_at), at(now), generation);
      model.store(number, lifetime, octet, taken_at, now, generation);
    } else {
      std::optional<std::pair<std::int64_t, std::uint8_t>> found;
      static_cast<void>(cache.find(key, at(now), [&](const dns::ImageView& view, std::uint32_t age) {
        found = {age, view.wire[0]};
      }));
      ASSERT_EQ(found, model.find(number, now)) << i;
      hits += found ? 1 : 0;
    }
  }
  EXPECT_GT(hits, 1000);
}

}  // namespace
}  // namespace pacedns::cache
