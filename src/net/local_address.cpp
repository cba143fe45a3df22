#include "pacedns/net/local_address.hpp"

#include <cstdint>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

namespace pacedns::net {

// Connecting a UDP socket sends nothing, but chooses the source address: for what is local the destination
// itself, or another loopback address. That needs no netlink socket, and no guess at what
// net.ipv4.ip_nonlocal_bind lets bind.
bool is_local(const boost::asio::ip::address& address) {
  constexpr std::uint16_t kAnyPort = 9;
  boost::asio::io_context io;
  boost::asio::ip::udp::socket socket(io);
  boost::system::error_code error;
  socket.connect({address, kAnyPort}, error);
  if (error) return false;
  const auto source = socket.local_endpoint(error).address();
  return !error && (source == address || source.is_loopback());
}

}  // namespace pacedns::net
