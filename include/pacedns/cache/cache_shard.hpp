#pragma once

#include <cstddef>
#include <cstdint>
#include <shared_mutex>
#include <vector>

#include "pacedns/cache/cache_entry.hpp"
#include "pacedns/cache/cache_key.hpp"

namespace pacedns::cache {

/// A part of the cache with a lock and a byte budget of its own: a chained hash table, and a SIEVE queue that
/// says whom to evict. A look-up takes the lock shared and sets at most a visited bit.
///
/// SIEVE (Zhang et al., NSDI 2024): entries queue in order of arrival; a hand walks from the oldest to the
/// newest, takes the visited bit from those that have it and evicts the first that does not.
class alignas(64) CacheShard {
 public:
  CacheShard() = default;
  ~CacheShard();
  CacheShard(const CacheShard&) = delete;
  CacheShard& operator=(const CacheShard&) = delete;

  /// Calls `use(entry)` under the shared lock if there is a live entry at `now` (whole seconds), and says
  /// whether there was.
  template <typename Use>
  bool find(const CacheKey& key, std::uint32_t now, Use&& use) const {
    const std::shared_lock lock(mutex_);
    const CacheEntry* entry = locate(key);
    if (entry == nullptr || entry->expired(now)) return false;
    if (!entry->visited.load(std::memory_order_relaxed))
      entry->visited.store(true, std::memory_order_relaxed);
    use(*entry);
    return true;
  }

  /// Hints that a look-up will follow, see `MessageCache`.
  void prefetch_bucket(std::uint64_t hash) const {
    const std::shared_lock lock(mutex_);
    if (!buckets_.empty()) __builtin_prefetch(&buckets_[hash & (buckets_.size() - 1)]);
  }
  void prefetch_entry(std::uint64_t hash) const {
    const std::shared_lock lock(mutex_);
    if (buckets_.empty()) return;
    if (const CacheEntry* first = buckets_[hash & (buckets_.size() - 1)]) first->prefetch();
  }

  /// Evicts others until the entry fits into `budget` bytes, and puts it in, in place of one with the same
  /// key unless that is of a later generation. False if it was refused.
  bool store(const CacheKey& key, CacheEntry::Pointer entry, std::size_t budget, std::uint32_t now);

  [[nodiscard]] std::size_t bytes() const;
  [[nodiscard]] std::size_t entries() const;

 private:
  [[nodiscard]] CacheEntry* locate(const CacheKey& key) const;
  /// What the hash table takes when it holds so many entries.
  [[nodiscard]] std::size_t table_bytes(std::size_t entries) const;
  [[nodiscard]] std::size_t grown_size() const;
  void insert(CacheEntry* entry);
  void remove(CacheEntry* entry);
  void evict_one(std::uint32_t now);
  void grow();
  [[nodiscard]] CacheEntry** bucket(std::uint64_t hash) { return &buckets_[hash & (buckets_.size() - 1)]; }

  mutable std::shared_mutex mutex_;
  std::vector<CacheEntry*> buckets_;  // a power of two of them, or none yet
  std::size_t entries_ = 0;
  std::size_t bytes_ = 0;
  CacheEntry* newest_ = nullptr;
  CacheEntry* oldest_ = nullptr;
  CacheEntry* hand_ = nullptr;  // nullptr: begins at the oldest
};

}  // namespace pacedns::cache
