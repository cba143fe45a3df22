#pragma once

#include <cstddef>
#include <cstdint>

#include "pacedns/base/tunable.hpp"

namespace pacedns::forward {

/// Whether the addresses of all upstreams are united in the cache.
enum class Merge : std::uint8_t { Addresses, Off };

/// A flight with waiters costs a few KiB and a handful of ports.
inline constexpr Tunable<std::size_t> kInflightQueries{10000, 1, 1000000};

struct ForwardOptions {
  std::size_t inflight_queries = kInflightQueries.default_value;  ///< distinct questions being resolved
  Merge merge = Merge::Addresses;

  friend bool operator==(const ForwardOptions&, const ForwardOptions&) = default;
};

}  // namespace pacedns::forward
