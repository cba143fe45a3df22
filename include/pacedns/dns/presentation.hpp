#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pacedns/base/bytes.hpp"
#include "pacedns/dns/registry.hpp"

// Presentation format (RFC 1035 §5.1, RFC 3597), by ldns: the only place that knows of it. For logs and
// tools, never on the path of a query.

namespace pacedns::dns {

/// An uncompressed name, escaped; `(malformed)` if it is none.
[[nodiscard]] std::string name_to_text(Bytes name);

/// The name in wire format, in lower case; nothing if the text is no name. It may leave out the final dot.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> name_from_text(const std::string& text);

/// The number of a mnemonic, or of `TYPE65280` (RFC 3597 section 5); letter case does not matter.
[[nodiscard]] std::optional<std::uint16_t> type_from_text(const std::string& text);

/// The RRs of a message, one a text, in the order of the message; OPT is left out. Nothing if it is
/// malformed.
[[nodiscard]] std::optional<std::vector<std::string>> records_to_text(Bytes message);

/// `AAAA`, or `TYPE65280` for a type that has no mnemonic.
[[nodiscard]] std::string type_to_text(std::uint16_t type);

/// `NXDOMAIN`, or `RCODE4000`.
[[nodiscard]] std::string rcode_to_text(Rcode rcode);

}  // namespace pacedns::dns
