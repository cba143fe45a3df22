#pragma once

#include <cstdint>
#include <vector>

#include "pacedns/base/bytes.hpp"

namespace pacedns::dns {

/// What an upstream is asked.
struct UpstreamQuestion {
  Bytes question;  ///< in wire format
  bool checking_disabled = false;
  bool dnssec_ok = false;
};

/// A query with ID 0, RD, and AD: it asks for the AD bit in replies, which clients that set AD or DO may then
/// be shown (RFC 6840 §5.7). CD and DO as asked, the latter only with EDNS.
[[nodiscard]] std::vector<std::uint8_t> build_query(const UpstreamQuestion& asked, bool with_edns);

}  // namespace pacedns::dns
