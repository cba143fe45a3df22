#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/asio/ip/address.hpp>
#include <boost/system/result.hpp>

namespace pacedns::net {

/// A range of addresses in CIDR notation. IPv4 prefixes also match IPv4-mapped IPv6 addresses; IPv6 prefixes
/// match neither those nor IPv4 (`::/0` is all of IPv6), unless they lie inside ::ffff:0:0/96 themselves.
class Prefix {
 public:
  /// Reads `192.0.2.0/24`, `2001:db8::/32` or a single address. Fails with `invalid_argument` on anything
  /// else, bits set behind the prefix length included.
  [[nodiscard]] static boost::system::result<Prefix> parse(std::string_view text);

  [[nodiscard]] bool contains(const boost::asio::ip::address& address) const;

  friend bool operator==(const Prefix&, const Prefix&) = default;

 private:
  // Everything is kept in the 128-bit space; IPv4 lives in ::ffff:0:0/96.
  std::array<std::uint8_t, 16> octets_{};
  unsigned length_ = 0;
};

}  // namespace pacedns::net
