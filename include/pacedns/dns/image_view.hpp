#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pacedns/base/bytes.hpp"
#include "pacedns/dns/registry.hpp"

namespace pacedns::dns {

/// A response as it is kept and shared between clients: a wire image without OPT, whose ID, letter case,
/// RD, CD and TTLs are replaced for each client. Refers to octets owned by a cache entry or a flight.
struct ImageView {
  Bytes wire;
  std::span<const std::uint16_t> ttl_offsets;  ///< ascending: where in `wire` the TTLs stand

  /// A merged pool may be too big for a client that the winner's own answer would fit. That answer is the
  /// first `winner_size` octets of `wire` with an ANCOUNT of `winner_answers`; 0 when there is no shorter
  /// form.
  std::uint16_t winner_size = 0;
  std::uint16_t winner_answers = 0;

  /// What to tell clients that use EDNS about a failure of our own (RFC 8914).
  ExtendedError error = ExtendedError::None;
};

}  // namespace pacedns::dns
