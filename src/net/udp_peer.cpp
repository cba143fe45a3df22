#include "pacedns/net/udp_peer.hpp"

#include <cstring>

namespace pacedns::net {

boost::asio::ip::address UdpPeer::address() const {
  if (remote.generic.sa_family == AF_INET) {
    return boost::asio::ip::address_v4(ntohl(remote.v4.sin_addr.s_addr));
  }
  boost::asio::ip::address_v6::bytes_type octets;
  std::memcpy(octets.data(), &remote.v6.sin6_addr, octets.size());
  return boost::asio::ip::address_v6(octets, remote.v6.sin6_scope_id);
}

void prepare_receive(UdpPeer& peer, msghdr& header) {
  header.msg_name = &peer.remote;
  header.msg_namelen = sizeof(peer.remote);
  header.msg_control = peer.control.data();
  header.msg_controllen = peer.control.size();
}

void finish_receive(UdpPeer& peer, const msghdr& header) {
  peer.remote_size = header.msg_namelen;
  peer.control_size = static_cast<std::uint32_t>(header.msg_controllen);
  if (peer.control_size == 0) return;
  // ipi_spec_dst is what a reply is sent from; the kernel fills it with the address that was asked, except
  // after a broadcast. The interface is left to routing, or replies over another one would be lost.
  auto* message = reinterpret_cast<cmsghdr*>(peer.control.data());
  if (message->cmsg_level == IPPROTO_IP && message->cmsg_type == IP_PKTINFO) {
    reinterpret_cast<in_pktinfo*>(CMSG_DATA(message))->ipi_ifindex = 0;
  }
}

void prepare_send(UdpPeer& peer, iovec& reply, msghdr& header) {
  header = {};
  header.msg_iov = &reply;
  header.msg_iovlen = 1;
  header.msg_name = &peer.remote;
  header.msg_namelen = peer.remote_size;
  header.msg_control = peer.control_size == 0 ? nullptr : peer.control.data();
  header.msg_controllen = peer.control_size;
}

}  // namespace pacedns::net
