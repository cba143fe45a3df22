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
  dns::copy_lowered(name, octets_.data());
  copy_octets(question.wire.subspan(name.size()), octets_.data() + name.size());
  size_ = static_cast<std::uint16_t>(question.wire.size() + 1);
  octets_[size_ - 1U] =
      static_cast<std::uint8_t>((dnssec_ok ? kDnssecOk : 0) | (checking_disabled ? kCheckingDisabled : 0));
  hash_ = hasher.hash({octets_.data(), size_});
}

bool operator==(const CacheKey& left, const CacheKey& right) {
  return left.hash_ == right.hash_ &&
         std::ranges::equal(Bytes(left.octets_.data(), left.size_), Bytes(right.octets_.data(), right.size_));
}

}  // namespace pacedns::cache
