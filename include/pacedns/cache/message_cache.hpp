#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "pacedns/base/time.hpp"
#include "pacedns/cache/cache_key.hpp"
#include "pacedns/cache/cache_shard.hpp"
#include "pacedns/cache/response_image.hpp"
#include "pacedns/dns/image_view.hpp"

namespace pacedns::cache {

/// What is in the cache, for statistics.
struct CacheUsage {
  std::size_t entries = 0;
  std::size_t bytes = 0;
  std::uint64_t evictions = 0;  ///< live ones that had to make room
};

/// Responses by key, in shards that share a byte budget evenly. Shared by all workers.
class MessageCache {
 public:
  /// `size` in bytes, all overhead counted; 0: nothing is ever stored.
  explicit MessageCache(std::size_t size);

  /// Calls `use(const dns::ImageView&, std::uint32_t age)` with the live response for `key`, if there is one,
  /// and says whether there was. The image is valid during the call; `age` is in whole seconds.
  template <typename Use>
  bool find(const CacheKey& key, TimePoint now, Use&& use) const {
    const std::uint32_t clock = to_seconds(now);
    return shard(key).find(key, clock,
                           [&](const CacheEntry& entry) { use(entry.image(), entry.age(clock)); });
  }

  /// Calls `use(const CacheEntry&)` with the live entry for `key`, if there is one, and says whether there
  /// was. For who only wants to know: it does not count as use.
  template <typename Use>
  bool peek(const CacheKey& key, TimePoint now, Use&& use) const {
    return shard(key).peek(key, to_seconds(now), use);
  }

  /// How far the cache has been gone over, see `CacheShard::for_some`.
  struct Walk {
    std::size_t shard = 0;
    std::size_t bucket = 0;
  };

  /// Calls `use(const CacheEntry&)` for some live entries and moves the walk on. False at the end.
  template <typename Use>
  bool for_some(Walk& walk, TimePoint now, Use&& use) const {
    if (walk.shard == shard_count_) return false;
    advance(walk, shards_[walk.shard].for_some(walk.bucket, to_seconds(now), use));
    return true;
  }

  /// The same way, removes those for which `unwanted(const CacheEntry&)` is true, and adds to `erased` how
  /// many live ones there were.
  template <typename Unwanted>
  bool erase_some(Walk& walk, TimePoint now, Unwanted&& unwanted, std::size_t& erased) {
    if (walk.shard == shard_count_) return false;
    advance(walk, shards_[walk.shard].erase_some(walk.bucket, to_seconds(now), unwanted, erased));
    return true;
  }

  /// Seconds of the steady clock as entries have them: differences are right for 136 years.
  [[nodiscard]] static std::uint32_t to_seconds(TimePoint time) {
    return static_cast<std::uint32_t>(whole_seconds(time));
  }

  /// Hints that `find` will follow: first the one, and a little later the other, start fetching from memory
  /// what it will read.
  void prefetch_bucket(const CacheKey& key) const { shard(key).prefetch_bucket(key.hash()); }
  void prefetch_entry(const CacheKey& key) const { shard(key).prefetch_entry(key.hash()); }

  /// Stores `image` as it was at `taken_at`, unless its lifetime is over by `now` (or was 0 from the start)
  /// or a flight of a later `generation` has stored something under the same key.
  void store(const CacheKey& key, const ResponseImage& image, TimePoint taken_at, TimePoint now,
             std::uint64_t generation);

  [[nodiscard]] CacheUsage usage() const;

 private:
  // The shard is chosen by the high bits of the hash, the bucket within it by the low ones.
  [[nodiscard]] CacheShard& shard(const CacheKey& key) const {
    return shards_[(key.hash() >> 40) & (shard_count_ - 1)];
  }

  static void advance(Walk& walk, std::optional<std::size_t> next_bucket) {
    if (!next_bucket) ++walk.shard;
    walk.bucket = next_bucket.value_or(0);
  }

  std::size_t shard_count_;
  std::size_t shard_budget_;
  std::unique_ptr<CacheShard[]> shards_;
};

}  // namespace pacedns::cache
