#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include <boost/asio/ip/address.hpp>

namespace pacedns::net {

/// Room for the address that a datagram was sent to, as a control message (IP_PKTINFO or IPV6_PKTINFO).
inline constexpr std::size_t kControlSize = CMSG_SPACE(sizeof(in6_pktinfo));

/// Who sent a datagram and which of our addresses it was sent to: all that a reply needs, now or later.
/// Plain data in the form the socket calls take.
struct UdpPeer {
  union {
    sockaddr generic;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } remote{};
  socklen_t remote_size = sizeof(remote);
  std::uint32_t control_size = 0;  ///< 0 on sockets bound to one address: there is nothing to choose
  alignas(cmsghdr) std::array<std::uint8_t, kControlSize> control{};

  [[nodiscard]] boost::asio::ip::address address() const;
};

/// Points `header` at `peer` for receiving; both must stay where they are.
void prepare_receive(UdpPeer& peer, msghdr& header);

/// Takes over what the kernel has written about where the datagram came from.
void finish_receive(UdpPeer& peer, const msghdr& header);

/// Points `header` at `peer` and `reply` for sending; the reply leaves from the address that was asked.
void prepare_send(UdpPeer& peer, iovec& reply, msghdr& header);

}  // namespace pacedns::net
