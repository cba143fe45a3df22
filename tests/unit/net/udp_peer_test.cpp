#include "pacedns/net/udp_peer.hpp"

#include <arpa/inet.h>

#include <cstring>

#include <gtest/gtest.h>

namespace pacedns::net {
namespace {

using boost::asio::ip::make_address;

UdpPeer ipv4_peer() {
  UdpPeer peer;
  peer.remote.v4.sin_family = AF_INET;
  peer.remote.v4.sin_port = htons(5300);
  ::inet_pton(AF_INET, "192.0.2.7", &peer.remote.v4.sin_addr);
  peer.remote_size = sizeof(sockaddr_in);
  return peer;
}

UdpPeer ipv6_peer(const char* address, std::uint32_t scope = 0) {
  UdpPeer peer;
  peer.remote.v6.sin6_family = AF_INET6;
  ::inet_pton(AF_INET6, address, &peer.remote.v6.sin6_addr);
  peer.remote.v6.sin6_scope_id = scope;
  peer.remote_size = sizeof(sockaddr_in6);
  return peer;
}

/// As the kernel leaves it where the address that was asked is wanted.
void put_packet_info(UdpPeer& peer, msghdr& header, int interface) {
  header.msg_controllen = CMSG_SPACE(sizeof(in_pktinfo));
  auto* message = CMSG_FIRSTHDR(&header);
  *message = {.cmsg_len = CMSG_LEN(sizeof(in_pktinfo)), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
  in_pktinfo info{};
  info.ipi_ifindex = interface;
  ::inet_pton(AF_INET, "127.0.0.2", &info.ipi_spec_dst);
  std::memcpy(CMSG_DATA(message), &info, sizeof(info));
  finish_receive(peer, header);
}

TEST(UdpPeer, KnowsTheAddressOfEitherFamily) {
  EXPECT_EQ(ipv4_peer().address(), make_address("192.0.2.7"));
  EXPECT_EQ(ipv6_peer("2001:db8::7").address(), make_address("2001:db8::7"));
}

TEST(UdpPeer, KeepsTheZoneOfALinkLocalAddress) {
  const auto address = ipv6_peer("fe80::7", 9).address();
  EXPECT_EQ(address.to_v6().scope_id(), 9U);
}

TEST(UdpPeer, OffersTheKernelAllItsRoomEachTime) {
  UdpPeer peer;
  msghdr header{};
  prepare_receive(peer, header);
  header.msg_namelen = sizeof(sockaddr_in);  // what the kernel used
  header.msg_controllen = 0;
  finish_receive(peer, header);
  EXPECT_EQ(peer.remote_size, sizeof(sockaddr_in));
  EXPECT_EQ(peer.control_size, 0U);

  prepare_receive(peer, header);
  EXPECT_EQ(header.msg_namelen, sizeof(sockaddr_in6));
  EXPECT_GE(header.msg_controllen, CMSG_SPACE(sizeof(in6_pktinfo)));
}

TEST(UdpPeer, RepliesToWhereTheDatagramCameFrom) {
  UdpPeer peer = ipv4_peer();
  iovec reply{};
  msghdr header{};
  prepare_send(peer, reply, header);
  EXPECT_EQ(header.msg_iov, &reply);
  EXPECT_EQ(header.msg_iovlen, 1U);
  EXPECT_EQ(header.msg_name, &peer.remote);
  EXPECT_EQ(header.msg_namelen, sizeof(sockaddr_in));
  EXPECT_EQ(header.msg_control, nullptr);
  EXPECT_EQ(header.msg_controllen, 0U);
}

TEST(UdpPeer, RepliesFromTheAddressThatWasAskedAndLeavesTheInterfaceToRouting) {
  UdpPeer peer = ipv4_peer();
  msghdr header{};
  prepare_receive(peer, header);
  put_packet_info(peer, header, 4);

  UdpPeer copy = peer;  // as a reply that comes later has it
  iovec reply{};
  msghdr sending{};
  prepare_send(copy, reply, sending);
  ASSERT_EQ(sending.msg_controllen, CMSG_SPACE(sizeof(in_pktinfo)));
  in_pktinfo info{};
  std::memcpy(&info, CMSG_DATA(CMSG_FIRSTHDR(&sending)), sizeof(info));
  EXPECT_EQ(info.ipi_ifindex, 0);
  EXPECT_EQ(ntohl(info.ipi_spec_dst.s_addr), 0x7f000002U);
}

}  // namespace
}  // namespace pacedns::net
