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

  /// What does not fit a client may fit it without what is not needed: the addresses that a pool adds to the
  /// winner's answer, and the additional section (RFC 2181 §9). That is the first `short_size` octets of
  /// `wire`, with `short_answers` RRs in the answer and none in the additional section; 0 when there is no
  /// shorter form.
  std::uint16_t short_size = 0;
  std::uint16_t short_answers = 0;

  /// What to tell clients that use EDNS about it (RFC 8914): of a failure of our own, or what the upstream
  /// said.
  ExtendedError error = ExtendedError::None;
};

}  // namespace pacedns::dns
