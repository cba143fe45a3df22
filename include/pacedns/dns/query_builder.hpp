#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/container/static_vector.hpp>

#include "pacedns/base/bytes.hpp"
#include "pacedns/dns/edns.hpp"
#include "pacedns/dns/header.hpp"
#include "pacedns/dns/name.hpp"

namespace pacedns::dns {

/// What an upstream is asked.
struct UpstreamQuestion {
  Bytes question;  ///< in wire format
  bool checking_disabled = false;
  bool dnssec_ok = false;
};

/// Header, question and OPT at their largest.
inline constexpr std::size_t kMaxUpstreamQuerySize = kHeaderSize + kMaxNameSize + 4 + kOptSize;
using UpstreamQuery = boost::container::static_vector<std::uint8_t, kMaxUpstreamQuerySize>;

/// A query with ID 0, RD, and AD: it asks for the AD bit in replies, which clients that set AD or DO may then
/// be shown (RFC 6840 §5.7). CD and DO as asked, the latter only with EDNS.
[[nodiscard]] UpstreamQuery build_query(const UpstreamQuestion& asked, bool with_edns);

}  // namespace pacedns::dns
