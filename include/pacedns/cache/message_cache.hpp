#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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
  /// Seconds of the steady clock in 32 bits: differences are right for 136 years.
  [[nodiscard]] static std::uint32_t to_seconds(TimePoint time) {
    return static_cast<std::uint32_t>(whole_seconds(time));
  }

  // The shard is chosen by the high bits of the hash, the bucket within it by the low ones.
  [[nodiscard]] CacheShard& shard(const CacheKey& key) const {
    return shards_[(key.hash() >> 40) & (shard_count_ - 1)];
  }

  std::size_t shard_count_;
  std::size_t shard_budget_;
  std::unique_ptr<CacheShard[]> shards_;
};

}  // namespace pacedns::cache
