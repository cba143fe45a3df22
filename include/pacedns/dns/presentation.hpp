#pragma once

#include <cstdint>
#include <string>

#include "pacedns/base/bytes.hpp"
#include "pacedns/dns/registry.hpp"

// Presentation format (RFC 1035 §5.1, RFC 3597), by ldns: the only place that knows of it. For logs and
// tools, never on the path of a query.

namespace pacedns::dns {

/// An uncompressed name, escaped; `(malformed)` if it is none.
[[nodiscard]] std::string name_to_text(Bytes name);

/// `AAAA`, or `TYPE65280` for a type that has no mnemonic.
[[nodiscard]] std::string type_to_text(std::uint16_t type);

/// `NXDOMAIN`, or `RCODE4000`.
[[nodiscard]] std::string rcode_to_text(Rcode rcode);

}  // namespace pacedns::dns
