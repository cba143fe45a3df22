#pragma once

#include <cstdint>
#include <cstring>
#include <span>

namespace pacedns {

/// Octets of a message, owned by somebody else.
using Bytes = std::span<const std::uint8_t>;

/// Octets to be written, owned by somebody else.
using MutableBytes = std::span<std::uint8_t>;

/// Copies octets to where there is room for them. The two do not overlap.
inline void copy_octets(Bytes from, std::uint8_t* to) {
  if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

}  // namespace pacedns
