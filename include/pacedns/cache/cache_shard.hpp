#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>
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

  /// The same for who only wants to know: it does not count as use.
  template <typename Use>
  bool peek(const CacheKey& key, std::uint32_t now, Use&& use) const {
    const std::shared_lock lock(mutex_);
    const CacheEntry* entry = locate(key);
    if (entry == nullptr || entry->expired(now)) return false;
    use(*entry);
    return true;
  }

  /// So many hash buckets are gone over under one lock: some tens of microseconds.
  static constexpr std::size_t kStep = 256;

  /// Calls `use(entry)` under the shared lock for each live entry in kStep buckets from `bucket` on, and
  /// returns where the next step begins; nothing after the last. An entry that is there all the time is seen,
  /// and seen twice if the table grows in between.
  template <typename Use>
  std::optional<std::size_t> for_some(std::size_t bucket, std::uint32_t now, Use&& use) const {
    const std::shared_lock lock(mutex_);
    const std::size_t end = std::min(bucket + kStep, buckets_.size());
    for (; bucket < end; ++bucket)
      for (const CacheEntry* entry = buckets_[bucket]; entry != nullptr; entry = entry->chained)
        if (!entry->expired(now)) use(*entry);
    return bucket < buckets_.size() ? std::optional(bucket) : std::nullopt;
  }

  /// The same way, removes each entry for which `unwanted(entry)` is true, and adds to `erased` how many live
  /// ones there were.
  template <typename Unwanted>
  std::optional<std::size_t> erase_some(std::size_t bucket, std::uint32_t now, Unwanted&& unwanted,
                                        std::size_t& erased) {
    const std::unique_lock lock(mutex_);
    const std::size_t end = std::min(bucket + kStep, buckets_.size());
    for (; bucket < end; ++bucket) {
      for (CacheEntry* entry = buckets_[bucket]; entry != nullptr;) {
        CacheEntry* const next = entry->chained;
        if (unwanted(std::as_const(*entry))) {
          if (!entry->expired(now)) ++erased;
          remove(entry);
        }
        entry = next;
      }
    }
    return bucket < buckets_.size() ? std::optional(bucket) : std::nullopt;
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

  /// Live entries that had to make room for others, since the start.
  [[nodiscard]] std::uint64_t evictions() const;

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
  std::uint64_t evictions_ = 0;
  CacheEntry* newest_ = nullptr;
  CacheEntry* oldest_ = nullptr;
  CacheEntry* hand_ = nullptr;  // nullptr: begins at the oldest
};

}  // namespace pacedns::cache
