#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "pacedns/base/bytes.hpp"
#include "pacedns/cache/cache_key.hpp"
#include "pacedns/cache/response_image.hpp"
#include "pacedns/dns/image_view.hpp"

namespace pacedns::cache {

/// One cached response in one block of memory: this header, then the wire image, then the TTL offsets. The
/// image's question is the key's, so the key is not stored again. All but `visited` is constant while the
/// entry is in the cache; the links belong to its shard.
struct CacheEntry {
  CacheEntry* chained = nullptr;  // the next in the same hash bucket
  CacheEntry* newer = nullptr;    // the eviction queue
  CacheEntry* older = nullptr;
  std::uint64_t hash = 0;
  std::uint64_t generation = 0;
  std::uint32_t stored_at = 0;  // whole seconds of the steady clock
  std::uint32_t lifetime = 0;   // seconds
  std::uint16_t wire_size = 0;
  std::uint16_t ttl_count = 0;
  std::uint16_t short_size = 0;
  std::uint16_t short_answers = 0;
  dns::ExtendedError error = dns::ExtendedError::None;
  std::uint8_t key_flags = 0;
  mutable std::atomic<bool> visited{false};

  struct Destroy {
    void operator()(CacheEntry* entry) const;
  };
  using Pointer = std::unique_ptr<CacheEntry, Destroy>;

  [[nodiscard]] static Pointer create(const CacheKey& key, const ResponseImage& image,
                                      std::uint32_t stored_at, std::uint64_t generation);

  [[nodiscard]] bool matches(const CacheKey& key) const;

  /// Starts fetching what a look-up of a small answer reads.
  void prefetch() const {
    for (std::size_t offset = 0; offset < 192; offset += 64)
      __builtin_prefetch(reinterpret_cast<const char*>(this) + offset);
  }

  /// Seconds since it was stored; 0 for a caller whose `now` was read just before that.
  [[nodiscard]] std::uint32_t age(std::uint32_t now) const {
    const auto distance = static_cast<std::int32_t>(now - stored_at);
    return distance > 0 ? static_cast<std::uint32_t>(distance) : 0;
  }
  [[nodiscard]] bool expired(std::uint32_t now) const { return age(now) >= lifetime; }

  [[nodiscard]] dns::ImageView image() const;

  /// As in its key: QNAME in lower case, QTYPE, QCLASS.
  [[nodiscard]] Bytes question() const;
  [[nodiscard]] bool dnssec_ok() const { return (key_flags & CacheKey::kDnssecOk) != 0; }
  [[nodiscard]] bool checking_disabled() const { return (key_flags & CacheKey::kCheckingDisabled) != 0; }

  /// The memory it takes, what the allocator adds included.
  [[nodiscard]] std::size_t footprint() const;
};

}  // namespace pacedns::cache
