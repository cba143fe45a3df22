#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/system/result.hpp>

#include "pacedns/net/endpoint.hpp"

// Sockets that clients reach us at. Each worker has its own on the same address (SO_REUSEPORT), and the
// kernel spreads the clients over them.

namespace pacedns::net {

/// Fails if the address is taken for UDP or TCP. Two daemons of one user could share a port through
/// SO_REUSEPORT without noticing; this is asked first, without that option. For port 0 it finds a port that
/// is free for both and returns it.
[[nodiscard]] boost::system::result<Endpoint> claim_endpoint(const Endpoint& endpoint);

/// Bound, non-blocking, and telling the address that was asked where the socket is bound to any.
[[nodiscard]] boost::system::result<boost::asio::ip::udp::socket> open_udp(boost::asio::io_context& io,
                                                                           const Endpoint& endpoint);

/// Bound, listening, non-blocking.
[[nodiscard]] boost::system::result<boost::asio::ip::tcp::acceptor> open_tcp(boost::asio::io_context& io,
                                                                             const Endpoint& endpoint);

}  // namespace pacedns::net
