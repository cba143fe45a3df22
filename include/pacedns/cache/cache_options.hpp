#pragma once

#include <chrono>
#include <cstddef>

#include "pacedns/base/tunable.hpp"

namespace pacedns::cache {

using std::chrono::seconds;

inline constexpr std::size_t kMiB = std::size_t{1} << 20;

/// 0 turns the cache off.
inline constexpr Tunable<std::size_t> kCacheSize{64 * kMiB, 0, std::size_t{1} << 40};

/// Raising TTLs serves data that its owner has withdrawn, so the minimum is bounded to an hour.
inline constexpr Tunable<seconds> kMinTtl{seconds(0), seconds(0), std::chrono::hours(1)};

/// RFC 8767 §4 recommends a cap in days; RFC 2181 §8 allows no more than 2^31 - 1 s.
inline constexpr Tunable<seconds> kMaxTtl{std::chrono::hours(24), seconds(1), std::chrono::hours(24 * 7)};

/// RFC 2308 §5 found one to three hours to work well and a day to be too long.
inline constexpr Tunable<seconds> kNegativeMaxTtl{std::chrono::hours(1), seconds(0), std::chrono::hours(24)};

/// RFC 9520 §3.2: at least 1 s, at most 5 min.
inline constexpr Tunable<seconds> kFailureTtl{seconds(5), seconds(1), std::chrono::minutes(5)};

/// How long a response may be kept. Relation: `min_ttl <= max_ttl`.
struct TtlLimits {
  seconds min_ttl = kMinTtl.default_value;
  seconds max_ttl = kMaxTtl.default_value;
  seconds negative_max_ttl = kNegativeMaxTtl.default_value;
  seconds failure_ttl = kFailureTtl.default_value;

  friend bool operator==(const TtlLimits&, const TtlLimits&) = default;
};

struct CacheOptions {
  std::size_t size = kCacheSize.default_value;  ///< bytes, all overhead counted
  TtlLimits ttl;

  friend bool operator==(const CacheOptions&, const CacheOptions&) = default;
};

}  // namespace pacedns::cache
