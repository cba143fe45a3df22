#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "pacedns/base/bytes.hpp"
#include "pacedns/base/random.hpp"
#include "pacedns/dns/name.hpp"
#include "pacedns/dns/question.hpp"

namespace pacedns::cache {

/// Hashes keys with a secret of this process, so that nobody outside can choose names that collide.
class KeyHasher {
 public:
  explicit KeyHasher(Random& random);

  [[nodiscard]] std::uint64_t hash(Bytes octets) const;

 private:
  std::array<std::uint64_t, 24> secret_;  // XXH3 takes at least 136 octets
};

/// Everything that changes the answer: QNAME in lower case (RFC 4343), QTYPE, QCLASS, DO and CD. The key of
/// the cache and of flights. Holds its octets, so it outlives the query it was made from.
class CacheKey {
 public:
  CacheKey(const dns::Question& question, bool dnssec_ok, bool checking_disabled, const KeyHasher& hasher);

  /// The question in wire format, its name in lower case.
  [[nodiscard]] Bytes question() const { return {octets_.data(), size_ - 1U}; }
  [[nodiscard]] std::uint8_t flags() const { return octets_[size_ - 1U]; }
  [[nodiscard]] bool dnssec_ok() const { return (flags() & kDnssecOk) != 0; }
  [[nodiscard]] bool checking_disabled() const { return (flags() & kCheckingDisabled) != 0; }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

  friend bool operator==(const CacheKey& left, const CacheKey& right);

  // What `flags` consists of.
  static constexpr std::uint8_t kDnssecOk = 1;
  static constexpr std::uint8_t kCheckingDisabled = 2;

 private:
  std::array<std::uint8_t, dns::kMaxNameSize + 4 + 1> octets_;  // question, then the flags
  std::uint16_t size_;
  std::uint64_t hash_;
};

}  // namespace pacedns::cache
