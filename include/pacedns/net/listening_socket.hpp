#pragma once

#include <cstdint>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include "pacedns/net/endpoint.hpp"

// Sockets that clients reach us at. Each worker has its own on the same address (SO_REUSEPORT), and the
// kernel spreads the clients over them.

namespace pacedns::net {

/// Fails if the address is taken for UDP or TCP. Two daemons of one user could share a port through
/// SO_REUSEPORT without noticing; this is asked first, without that option. For port 0 it finds a port that
/// is free for both and returns it.
[[nodiscard]] boost::system::result<Endpoint> claim_endpoint(const Endpoint& endpoint);

/// What clients reach us over.
enum class Transport : std::uint8_t { Udp, Tcp };

/// Why the address could not be bound for this transport now; no error if it could. Whoever has it loses
/// nothing: the socket does not share the port, so that it is bound only where nobody is, and never listens.
[[nodiscard]] boost::system::error_code try_bind(const Endpoint& endpoint, Transport transport);

/// Bound, non-blocking, and telling the address that was asked where the socket is bound to any.
[[nodiscard]] boost::system::result<boost::asio::ip::udp::socket> open_udp(boost::asio::io_context& io,
                                                                           const Endpoint& endpoint);

/// Bound, listening, non-blocking.
[[nodiscard]] boost::system::result<boost::asio::ip::tcp::acceptor> open_tcp(boost::asio::io_context& io,
                                                                             const Endpoint& endpoint);

/// What one worker listens with on one address: usually both.
struct ListeningSockets {
  std::optional<boost::asio::ip::udp::socket> datagrams;
  std::optional<boost::asio::ip::tcp::acceptor> stream;
  bool passed = false;  ///< by another process, which goes on with them after us
};

[[nodiscard]] boost::system::result<ListeningSockets> open_both(boost::asio::io_context& io,
                                                                const Endpoint& endpoint);

/// A socket that has been bound by another process (socket activation), which may keep it and pass it on
/// again. Takes over the descriptor, and leaves it open when it fails.
[[nodiscard]] boost::system::result<boost::asio::ip::udp::socket> adopt_udp(boost::asio::io_context& io,
                                                                            int descriptor);
[[nodiscard]] boost::system::result<boost::asio::ip::tcp::acceptor> adopt_tcp(boost::asio::io_context& io,
                                                                              int descriptor);

}  // namespace pacedns::net
