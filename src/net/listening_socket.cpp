#include "pacedns/net/listening_socket.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include <boost/asio/ip/v6_only.hpp>

namespace pacedns::net {
namespace {

using boost::asio::ip::tcp;
using boost::asio::ip::udp;
using boost::system::error_code;

/// Room for a burst of some thousand queries; the kernel caps it at net.core.rmem_max.
constexpr int kReceiveBuffer = 4 << 20;
constexpr int kListenBacklog = 1024;
constexpr int kPortAttempts = 100;

error_code last_error() {
  return {errno, boost::system::system_category()};
}

error_code set_option(int socket, int level, int option, int value) {
  return ::setsockopt(socket, level, option, &value, sizeof(value)) == 0 ? error_code{} : last_error();
}

/// Replies from a socket that is bound to all addresses have to leave from the one that was asked.
error_code tell_address_asked(int socket, const boost::asio::ip::address& bound_to) {
  if (!bound_to.is_unspecified()) return {};
  return bound_to.is_v4() ? set_option(socket, IPPROTO_IP, IP_PKTINFO, 1)
                          : set_option(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

/// The protocol is that of the address the socket is bound to.
template <typename Socket>
error_code adopt(Socket& socket, int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return last_error();
  using Protocol = typename Socket::protocol_type;
  error_code error;
  socket.assign(address.ss_family == AF_INET6 ? Protocol::v6() : Protocol::v4(), descriptor, error);
  if (!error) socket.non_blocking(true, error);
  return error;
}

template <typename Socket>
error_code bind_to(Socket& socket, const typename Socket::endpoint_type& endpoint) {
  error_code error;
  socket.open(endpoint.protocol(), error);
  // Connections of an earlier run may still linger in TIME_WAIT.
  if (!error && endpoint.protocol().type() == SOCK_STREAM) {
    socket.set_option(boost::asio::socket_base::reuse_address(true), error);
  }
  if (!error && endpoint.address().is_v6()) socket.set_option(boost::asio::ip::v6_only(true), error);
  if (!error) socket.bind(endpoint, error);
  return error;
}

template <typename Socket>
error_code open_shared(Socket& socket, const typename Socket::endpoint_type& endpoint) {
  error_code error;
  socket.open(endpoint.protocol(), error);
  if (!error) error = set_option(socket.native_handle(), SOL_SOCKET, SO_REUSEPORT, 1);
  if (!error && endpoint.address().is_v6()) socket.set_option(boost::asio::ip::v6_only(true), error);
  return error;
}

boost::system::result<Endpoint> claim_once(const Endpoint& endpoint) {
  boost::asio::io_context io;
  udp::socket datagrams(io);
  if (const error_code error = bind_to(datagrams, endpoint.udp())) return error;
  const Endpoint claimed{endpoint.address, datagrams.local_endpoint().port()};
  tcp::socket stream(io);
  error_code error = bind_to(stream, claimed.tcp());
  // With SO_REUSEADDR two sockets that do not listen yet may be bound beside each other; listen settles it.
  if (!error && ::listen(stream.native_handle(), 1) != 0) error = last_error();
  if (error) return error;
  return claimed;
}

}  // namespace

boost::system::result<Endpoint> claim_endpoint(const Endpoint& endpoint) {
  auto claimed = claim_once(endpoint);
  for (int i = 0; !claimed && endpoint.port == 0 && i < kPortAttempts; ++i)
    claimed = claim_once(endpoint);
  return claimed;
}

error_code try_bind(const Endpoint& endpoint, Transport transport) {
  boost::asio::io_context io;
  if (transport == Transport::Udp) {
    udp::socket socket(io);
    return bind_to(socket, endpoint.udp());
  }
  tcp::socket socket(io);
  return bind_to(socket, endpoint.tcp());
}

boost::system::result<udp::socket> open_udp(boost::asio::io_context& io, const Endpoint& endpoint) {
  udp::socket socket(io);
  error_code error = open_shared(socket, endpoint.udp());
  const int handle = socket.native_handle();
  if (!error) error = tell_address_asked(handle, endpoint.address);
  if (!error) socket.bind(endpoint.udp(), error);
  if (!error) socket.non_blocking(true, error);
  if (error) return error;
  // A smaller buffer than wished for is no reason not to start.
  static_cast<void>(set_option(handle, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer));
  return socket;
}

boost::system::result<tcp::acceptor> open_tcp(boost::asio::io_context& io, const Endpoint& endpoint) {
  tcp::acceptor acceptor(io);
  error_code error = open_shared(acceptor, endpoint.tcp());
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint.tcp(), error);
  if (!error) acceptor.listen(kListenBacklog, error);
  if (!error) acceptor.non_blocking(true, error);
  if (error) return error;
  return acceptor;
}

boost::system::result<ListeningSockets> open_both(boost::asio::io_context& io, const Endpoint& endpoint) {
  auto datagrams = open_udp(io, endpoint);
  if (!datagrams) return datagrams.error();
  auto stream = open_tcp(io, endpoint);
  if (!stream) return stream.error();
  return ListeningSockets{std::move(*datagrams), std::move(*stream)};
}

boost::system::result<udp::socket> adopt_udp(boost::asio::io_context& io, int descriptor) {
  udp::socket socket(io);
  error_code error = adopt(socket, descriptor);
  if (!error) error = tell_address_asked(descriptor, socket.local_endpoint().address());
  if (error) {
    if (socket.is_open()) socket.release();
    return error;
  }
  return socket;
}

boost::system::result<tcp::acceptor> adopt_tcp(boost::asio::io_context& io, int descriptor) {
  tcp::acceptor acceptor(io);
  if (const error_code error = adopt(acceptor, descriptor)) {
    if (acceptor.is_open()) acceptor.release();
    return error;
  }
  return acceptor;
}

}  // namespace pacedns::net
