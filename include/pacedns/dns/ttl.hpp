#pragma once

#include <cstdint>

namespace pacedns::dns {

/// A TTL with the top bit set counts as 0 (RFC 2181 §8).
[[nodiscard]] constexpr std::uint32_t effective_ttl(std::uint32_t ttl) {
  return (ttl & 0x80000000U) != 0 ? 0 : ttl;
}

/// What is left of `ttl` after `age` seconds; never below 0.
[[nodiscard]] constexpr std::uint32_t aged_ttl(std::uint32_t ttl, std::uint32_t age) {
  return ttl > age ? ttl - age : 0;
}

}  // namespace pacedns::dns
