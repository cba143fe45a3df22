#pragma once

#include <cstdint>

#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/registry.hpp"

namespace pacedns::plan {

/// What a reply that matches our query is worth.
enum class ResponseVerdict : std::uint8_t {
  Usable,     ///< NOERROR with data, NODATA or NXDOMAIN, whatever the QTYPE
  Truncated,  ///< TC=1: ask again over TCP
  NoEdns,     ///< FORMERR, BADVERS or NOTIMP to a query with OPT: ask again without (RFC 6891 §7)
  Failure,    ///< any other RCODE, or a referral: the upstream does not recurse for us
};

/// `with_edns` and `over_tcp` say how the query was sent.
[[nodiscard]] ResponseVerdict judge(const dns::MessageView& reply, bool with_edns, bool over_tcp);

/// Whether a client is better served with RCODE `candidate` than with `current`, when there is nothing else.
/// RCODEs that a client's own query could not have caused come last.
[[nodiscard]] bool better_failure(dns::Rcode candidate, dns::Rcode current);

}  // namespace pacedns::plan
