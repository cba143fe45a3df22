#include "upstream/port_binding.hpp"

#include <sys/socket.h>

#include <utility>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace pacedns::simulator {
namespace {

using boost::asio::ip::tcp;
using boost::asio::ip::udp;

constexpr int kPortAttempts = 20;
constexpr int kSocketBuffer = 4 << 20;
constexpr std::uint16_t kDiscardPort = 9;  // nobody sends from it

tcp::socket reserve_tcp(boost::asio::io_context& context, const net::Endpoint& endpoint) {
  tcp::socket socket(context);
  socket.open(endpoint.tcp().protocol());
  // Sharing is allowed only after the kernel chose: two that share may be given the same port.
  if (endpoint.port != 0) socket.set_option(tcp::socket::reuse_address(true));
  socket.bind(endpoint.tcp());
  socket.set_option(tcp::socket::reuse_address(true));
  return socket;
}

/// A loss that the script did not ask for spoils a benchmark. Past the system's limit where we are allowed
/// to.
void enlarge_buffers(udp::socket& socket) {
  for (const auto& [forced, limited] :
       {std::pair(SO_RCVBUFFORCE, SO_RCVBUF), std::pair(SO_SNDBUFFORCE, SO_SNDBUF)}) {
    const int handle = socket.native_handle();
    if (::setsockopt(handle, SOL_SOCKET, forced, &kSocketBuffer, sizeof(kSocketBuffer)) == 0) continue;
    // What the kernel leaves of it is good enough.
    (void)::setsockopt(handle, SOL_SOCKET, limited, &kSocketBuffer, sizeof(kSocketBuffer));
  }
}

udp::socket bind_udp(boost::asio::io_context& context, const net::Endpoint& endpoint) {
  udp::socket socket(context);
  socket.open(endpoint.udp().protocol());
  socket.bind(endpoint.udp());
  socket.non_blocking(true);
  enlarge_buffers(socket);
  return socket;
}

}  // namespace

BoundPort bind_port(boost::asio::io_context& context, const net::Endpoint& endpoint) {
  for (int attempt = 1;; ++attempt) {
    tcp::socket reservation = reserve_tcp(context, endpoint);
    // Bound by number even where the kernel chose it: `refuse_datagrams(false)` would give up any other.
    const net::Endpoint bound{endpoint.address, reservation.local_endpoint().port()};
    try {
      return {bound, bind_udp(context, bound), std::move(reservation)};
    } catch (const boost::system::system_error& error) {
      const bool taken = error.code() == boost::asio::error::address_in_use;
      if (!taken || endpoint.port != 0 || attempt == kPortAttempts) throw;
    }
  }
}

void refuse_datagrams(udp::socket& socket, bool refused) {
  if (refused) {
    const udp::endpoint nobody(socket.local_endpoint().address(), kDiscardPort);
    socket.connect(nobody);
  } else {
    const sockaddr unconnected{AF_UNSPEC, {}};
    if (::connect(socket.native_handle(), &unconnected, sizeof(unconnected)) != 0) {
      throw boost::system::system_error(errno, boost::system::system_category(), "connect");
    }
  }
}

tcp::acceptor listen_on(boost::asio::io_context& context, const net::Endpoint& endpoint) {
  return {context, endpoint.tcp(), /*reuse_addr=*/true};
}

}  // namespace pacedns::simulator
