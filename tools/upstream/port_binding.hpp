#pragma once

// One address and port for UDP and TCP alike, held for as long as the simulator runs. Closing a socket to
// refuse queries would let another process take its port; so the port stays bound, and refusing is done by
// other means: the UDP socket is connected to nobody, and for TCP only a socket that does not listen is left.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>

#include "pacedns/net/endpoint.hpp"

namespace pacedns::simulator {

struct BoundPort {
  net::Endpoint endpoint;
  boost::asio::ip::udp::socket udp;
  /// Bound, never listening.
  boost::asio::ip::tcp::socket tcp_reservation;
};

/// Binds; with port 0 the kernel chooses one that is free for both. Throws boost::system::system_error.
[[nodiscard]] BoundPort bind_port(boost::asio::io_context& context, const net::Endpoint& endpoint);

/// While refused, queries are answered with ICMP port unreachable by the kernel.
void refuse_datagrams(boost::asio::ip::udp::socket& socket, bool refused);

/// A listening socket on a bound port. Throws boost::system::system_error.
[[nodiscard]] boost::asio::ip::tcp::acceptor listen_on(boost::asio::io_context& context,
                                                       const net::Endpoint& endpoint);

}  // namespace pacedns::simulator
