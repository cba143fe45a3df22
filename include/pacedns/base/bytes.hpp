#pragma once

#include <cstdint>
#include <span>

namespace pacedns {

/// Octets of a message, owned by somebody else.
using Bytes = std::span<const std::uint8_t>;

/// Octets to be written, owned by somebody else.
using MutableBytes = std::span<std::uint8_t>;

}  // namespace pacedns
