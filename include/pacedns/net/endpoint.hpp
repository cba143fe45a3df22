#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/system/result.hpp>

namespace pacedns::net {

/// An IP address and a port, without a transport.
struct Endpoint {
  boost::asio::ip::address address;
  std::uint16_t port = 0;

  // Spelt out: Asio's address has only < and ==, from which the compiler makes a strong ordering.
  friend std::strong_ordering operator<=>(const Endpoint&, const Endpoint&) = default;

  [[nodiscard]] boost::asio::ip::udp::endpoint udp() const { return {address, port}; }
  [[nodiscard]] boost::asio::ip::tcp::endpoint tcp() const { return {address, port}; }
};

/// Reads `192.0.2.1`, `192.0.2.1:5300`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:5300`; an IPv6
/// address may carry a zone (`fe80::1%eth0`). Fails with `invalid_argument` on anything else, host names
/// and port 0 included (port 0 is allowed with `allow_port_zero`: the kernel chooses).
[[nodiscard]] boost::system::result<Endpoint> parse_endpoint(std::string_view text,
                                                             std::uint16_t default_port,
                                                             bool allow_port_zero = false);

/// The form that `parse_endpoint` reads, always with the port.
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

}  // namespace pacedns::net
