#pragma once

#include <cstdint>

#include "pacedns/base/tunable.hpp"

namespace pacedns::forward {

/// How much of a client's address is written. `Truncated` keeps 24 bits of IPv4, as RFC 7871 §11.1 has it,
/// and 48 of IPv6: less than the 56 given there, for a home often has a /56 to itself (RFC 6177 §2).
enum class ClientPrivacy : std::uint8_t { Full, Truncated, Off };

/// One query of so many. With the maximum, a million queries a second still leave one line.
inline constexpr Tunable<unsigned> kQuerySample{1, 1, 1000000};

/// Lines a second, all workers together. A thousand are some 150 kB, or 13 GB a day; a million are more than
/// any log takes, so the maximum is no limit.
inline constexpr Tunable<unsigned> kQueryRate{1000, 1, 1000000};

/// Which queries are logged, and what of them.
struct QueryLogOptions {
  bool on = false;
  unsigned sample = kQuerySample.default_value;
  unsigned rate = kQueryRate.default_value;
  ClientPrivacy clients = ClientPrivacy::Full;

  friend bool operator==(const QueryLogOptions&, const QueryLogOptions&) = default;
};

}  // namespace pacedns::forward
