#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pacedns/base/time.hpp"
#include "pacedns/cache/message_cache.hpp"
#include "pacedns/dns/registry.hpp"

namespace pacedns::status {

/// A cached response that has been taken out to be looked at.
struct CachedResponse {
  std::vector<std::uint8_t> question;  ///< in wire format
  bool dnssec_ok = false;
  bool checking_disabled = false;
  dns::Rcode rcode = dns::Rcode::NoError;
  std::uint64_t generation = 0;  ///< of the flight that stored it
  std::uint32_t age = 0;         ///< seconds
  std::uint32_t left = 0;        ///< seconds until it expires
  std::vector<std::uint8_t> wire;

  CachedResponse(const cache::CacheEntry& entry, std::uint32_t now);

  /// Its RRs with the TTLs that are left, one a text. `(malformed)` if ldns cannot read it.
  [[nodiscard]] std::vector<std::string> records() const;

 private:
  std::vector<std::uint16_t> ttl_offsets_;
};

enum class DumpFormat : std::uint8_t { Text, Json };

/// The whole cache in presentation format, some hundred responses at a time. One whose place in the cache
/// moves meanwhile may come twice.
class CacheDump {
 public:
  CacheDump(const cache::MessageCache& cache, DumpFormat format) : cache_(cache), format_(format) {}

  /// The next piece of text, possibly empty; nothing after the last.
  [[nodiscard]] std::optional<std::string> next(TimePoint now);

 private:
  const cache::MessageCache& cache_;
  DumpFormat format_;
  cache::MessageCache::Walk walk_;
};

}  // namespace pacedns::status
