#pragma once

#include <cstdint>

#include "pacedns/net/udp_peer.hpp"

namespace pacedns::server {

/// Who asked, and the way back to them. A copy may be kept: it stays safe to use when the client, its
/// connection or the listener are gone.
struct Client {
  std::uint32_t listener = 0;  ///< its number, which is the same at every worker
  std::uint64_t session = 0;   ///< a TCP connection; 0 for UDP
  net::UdpPeer peer;           ///< its address; over UDP, all that a reply needs

  [[nodiscard]] bool over_tcp() const { return session != 0; }
};

}  // namespace pacedns::server
