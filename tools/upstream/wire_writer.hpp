#pragma once

// Appends big-endian numbers and octets to a message. The vectors are reused, so nothing allocates once
// they have grown.

#include <cstdint>
#include <string_view>
#include <vector>

#include "pacedns/base/bytes.hpp"

namespace pacedns::simulator {

inline void append_u8(std::vector<std::uint8_t>& out, std::uint8_t value) {
  out.push_back(value);
}

inline void append_u16(std::vector<std::uint8_t>& out, std::uint16_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value & 0xff));
}

inline void append_u32(std::vector<std::uint8_t>& out, std::uint32_t value) {
  append_u16(out, static_cast<std::uint16_t>(value >> 16));
  append_u16(out, static_cast<std::uint16_t>(value & 0xffff));
}

inline void append(std::vector<std::uint8_t>& out, Bytes octets) {
  out.insert(out.end(), octets.begin(), octets.end());
}

inline void append_text(std::vector<std::uint8_t>& out, std::string_view octets) {
  out.insert(out.end(), octets.begin(), octets.end());
}

}  // namespace pacedns::simulator
