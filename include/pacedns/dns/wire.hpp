#pragma once

#include <cstddef>
#include <cstdint>

#include "pacedns/base/bytes.hpp"

// Integers in network byte order. Callers have checked that the octets are there.

namespace pacedns::dns {

[[nodiscard]] inline std::uint16_t load_u16(Bytes wire, std::size_t offset) {
  return static_cast<std::uint16_t>((wire[offset] << 8) | wire[offset + 1]);
}

[[nodiscard]] inline std::uint32_t load_u32(Bytes wire, std::size_t offset) {
  return (std::uint32_t{load_u16(wire, offset)} << 16) | load_u16(wire, offset + 2);
}

inline void store_u16(MutableBytes wire, std::size_t offset, std::uint16_t value) {
  wire[offset] = static_cast<std::uint8_t>(value >> 8);
  wire[offset + 1] = static_cast<std::uint8_t>(value & 0xff);
}

inline void store_u32(MutableBytes wire, std::size_t offset, std::uint32_t value) {
  store_u16(wire, offset, static_cast<std::uint16_t>(value >> 16));
  store_u16(wire, offset + 2, static_cast<std::uint16_t>(value & 0xffff));
}

}  // namespace pacedns::dns
