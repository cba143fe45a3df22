#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <boost/asio/ip/address.hpp>

namespace pacedns::status {

enum class HostVerdict : std::uint8_t {
  Accepted,
  Malformed,  ///< no host and port (RFC 3986 section 3.2): status 400
  Foreign,    ///< not a name that we can be reached by: status 421
};

/// Whether a Host header field may lead to this listener (`listening`: its address; none: a Unix socket,
/// which no browser can be lured to, and where any host is fine). `own_name` is this machine's, or empty.
///
/// DNS rebinding: a page of evil.example, opened in a browser that may reach us, has its own name resolve to
/// our address; the browser then takes us for evil.example, and lets the page read what we serve. The Host
/// field still tells the name that the page was opened under, so the defence is to answer only to names that
/// an attacker cannot have resolve to us at will.
///
/// - On a loopback address: localhost, 127.0.0.0/8 and ::1, all others are foreign.
/// - On any other address the browser may be anywhere in `status.allow`, and the same attack works. Accepted
///   are literal addresses, which nobody can rebind; localhost; names of a single label, which no public zone
///   holds; names under the suffixes of private networks; and this machine's own name. A public name that is
///   not `own_name` is foreign even if it leads here: use the address instead.
[[nodiscard]] HostVerdict check_host(std::string_view host,
                                     const std::optional<boost::asio::ip::address>& listening,
                                     std::string_view own_name);

/// What a client that gave a foreign host should do, as a sentence.
[[nodiscard]] const char* advice_for_foreign_host(const boost::asio::ip::address& listening);

}  // namespace pacedns::status
