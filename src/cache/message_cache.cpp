#include "pacedns/cache/message_cache.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace pacedns::cache {
namespace {

/// Enough that workers seldom meet; large enough that any response fits into one.
constexpr std::size_t kMaxShards = 256;
constexpr std::size_t kMinShardBudget = kMiB / 2;

std::size_t shards_for(std::size_t size) {
  return std::bit_floor(std::clamp<std::size_t>(size / kMinShardBudget, 1, kMaxShards));
}

}  // namespace

MessageCache::MessageCache(std::size_t size)
    : shard_count_(shards_for(size)),
      shard_budget_(size / shard_count_),
      shards_(std::make_unique<CacheShard[]>(shard_count_)) {}

void MessageCache::store(const CacheKey& key, const ResponseImage& image, TimePoint taken_at, TimePoint now,
                         std::uint64_t generation) {
  if (image.lifetime == 0 || shard_budget_ == 0) return;
  auto entry = CacheEntry::create(key, image, to_seconds(taken_at), generation);
  if (entry->expired(to_seconds(now))) return;
  shard(key).store(key, std::move(entry), shard_budget_, to_seconds(now));
}

CacheUsage MessageCache::usage() const {
  CacheUsage usage;
  for (std::size_t i = 0; i < shard_count_; ++i) {
    usage.entries += shards_[i].entries();
    usage.bytes += shards_[i].bytes();
    usage.evictions += shards_[i].evictions();
  }
  return usage;
}

}  // namespace pacedns::cache
