#include "pacedns/cache/cache_key.hpp"

#include <algorithm>

#include <xxhash.h>

namespace pacedns::cache {

KeyHasher::KeyHasher(Random& random) {
  std::ranges::generate(secret_, [&] { return random.next_u64(); });
}

std::uint64_t KeyHasher::hash(Bytes octets) const {
  return XXH3_64bits_withSecret(octets.data(), octets.size(), secret_.data(), sizeof(secret_));
}

CacheKey::CacheKey(const dns::Question& question, bool dnssec_ok, bool checking_disabled,
                   const KeyHasher& hasher) {
  const Bytes name = question.name();
  auto end = std::ranges::transform(name, octets_.begin(), dns::to_lower).out;
  end = std::ranges::copy(question.wire.subspan(name.size()), end).out;
  *end++ =
      static_cast<std::uint8_t>((dnssec_ok ? kDnssecOk : 0) | (checking_disabled ? kCheckingDisabled : 0));
  size_ = static_cast<std::uint16_t>(end - octets_.begin());
  hash_ = hasher.hash({octets_.data(), size_});
}

bool operator==(const CacheKey& left, const CacheKey& right) {
  return left.hash_ == right.hash_ &&
         std::ranges::equal(Bytes(left.octets_.data(), left.size_), Bytes(right.octets_.data(), right.size_));
}

}  // namespace pacedns::cache
