#pragma once

#include <compare>
#include <cstdint>

#include <boost/asio/ip/address.hpp>

namespace pacedns::server {

/// What tells one client from another where each has a share of something: an IPv4 address, or the /64 of an
/// IPv6 one, since whoever has one address of that has them all; of a link-local one the rest, for all on a
/// link share the /64. Not for access control.
struct ClientIdentity {
  /// A socket on [::] may hear IPv4 clients, too: they are told by their IPv4 address.
  explicit ClientIdentity(const boost::asio::ip::address& address);

  enum class Kind : std::uint8_t { V4, V6, LinkLocal };

  std::uint64_t number = 0;
  Kind kind = Kind::V4;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes what the compiler makes of it for our own text
  friend auto operator<=>(const ClientIdentity&, const ClientIdentity&) = default;
};

}  // namespace pacedns::server
