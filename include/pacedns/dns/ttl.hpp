#pragma once

#include <cstdint>

namespace pacedns::dns {

/// A TTL with the top bit set counts as 0 (RFC 2181 §8).
[[nodiscard]] constexpr std::uint32_t effective_ttl(std::uint32_t ttl) {
  return (ttl & 0x80000000U) != 0 ? 0 : ttl;
}

/// What is left of `ttl` after `age` seconds; never below 0, and 0 from the start if the top bit is set.
[[nodiscard]] constexpr std::uint32_t aged_ttl(std::uint32_t ttl, std::uint32_t age) {
  const std::uint32_t whole = effective_ttl(ttl);
  return whole > age ? whole - age : 0;
}

}  // namespace pacedns::dns
