#include "pacedns/cache/cache_shard.hpp"

#include <mutex>
#include <utility>

namespace pacedns::cache {
namespace {

constexpr std::size_t kFirstBuckets = 16;

/// The hand stops after so many visited entries and evicts the next, so that no store takes long.
constexpr int kMaxHandSteps = 64;

}  // namespace

CacheShard::~CacheShard() {
  while (oldest_ != nullptr)
    remove(oldest_);
}

bool CacheShard::store(const CacheKey& key, CacheEntry::Pointer entry, std::size_t budget,
                       std::uint32_t now) {
  const std::unique_lock lock(mutex_);
  CacheEntry* const known = locate(key);
  if (known != nullptr && known->generation > entry->generation) return false;
  const std::size_t footprint = entry->footprint();
  if (footprint + table_bytes(1) > budget) return false;
  if (known != nullptr) {
    entry->visited.store(known->visited.load(std::memory_order_relaxed), std::memory_order_relaxed);
    remove(known);
  }
  while (entries_ > 0 && bytes_ + footprint + table_bytes(entries_ + 1) > budget)
    evict_one(now);
  if (entries_ >= buckets_.size()) grow();
  insert(entry.release());
  return true;
}

std::size_t CacheShard::bytes() const {
  const std::shared_lock lock(mutex_);
  return bytes_ + table_bytes(entries_);
}

std::size_t CacheShard::entries() const {
  const std::shared_lock lock(mutex_);
  return entries_;
}

std::uint64_t CacheShard::evictions() const {
  const std::shared_lock lock(mutex_);
  return evictions_;
}

std::size_t CacheShard::table_bytes(std::size_t entries) const {
  return (entries > buckets_.size() ? grown_size() : buckets_.size()) * sizeof(void*);
}

std::size_t CacheShard::grown_size() const {
  return buckets_.empty() ? kFirstBuckets : 2 * buckets_.size();
}

CacheEntry* CacheShard::locate(const CacheKey& key) const {
  if (buckets_.empty()) return nullptr;
  CacheEntry* entry = buckets_[key.hash() & (buckets_.size() - 1)];
  while (entry != nullptr && !entry->matches(key))
    entry = entry->chained;
  return entry;
}

void CacheShard::insert(CacheEntry* entry) {
  CacheEntry** const head = bucket(entry->hash);
  entry->chained = std::exchange(*head, entry);
  entry->older = newest_;
  (newest_ != nullptr ? newest_->newer : oldest_) = entry;
  newest_ = entry;
  ++entries_;
  bytes_ += entry->footprint();
}

void CacheShard::remove(CacheEntry* entry) {
  CacheEntry** link = bucket(entry->hash);
  while (*link != entry)
    link = &(*link)->chained;
  *link = entry->chained;
  if (hand_ == entry) hand_ = entry->newer;
  (entry->newer != nullptr ? entry->newer->older : newest_) = entry->older;
  (entry->older != nullptr ? entry->older->newer : oldest_) = entry->newer;
  --entries_;
  bytes_ -= entry->footprint();
  CacheEntry::Pointer{entry}.reset();
}

void CacheShard::evict_one(std::uint32_t now) {
  CacheEntry* candidate = hand_ != nullptr ? hand_ : oldest_;
  for (int step = 0; step < kMaxHandSteps; ++step) {
    if (candidate->expired(now) || !candidate->visited.load(std::memory_order_relaxed)) break;
    candidate->visited.store(false, std::memory_order_relaxed);
    candidate = candidate->newer != nullptr ? candidate->newer : oldest_;
  }
  hand_ = candidate->newer;
  if (!candidate->expired(now)) ++evictions_;
  remove(candidate);
}

void CacheShard::grow() {
  std::vector<CacheEntry*> old(grown_size());
  old.swap(buckets_);
  for (CacheEntry* entry : old) {
    while (entry != nullptr) {
      CacheEntry* const next = entry->chained;
      CacheEntry** const head = bucket(entry->hash);
      entry->chained = std::exchange(*head, entry);
      entry = next;
    }
  }
}

}  // namespace pacedns::cache
