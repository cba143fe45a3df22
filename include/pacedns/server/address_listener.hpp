#pragma once

#include <optional>

#include <boost/asio/steady_timer.hpp>

#include "pacedns/server/tcp_listener.hpp"
#include "pacedns/server/udp_listener.hpp"

namespace pacedns::server {

/// One worker's listeners on one address. It has none over UDP or TCP where fewer sockets than workers were
/// passed by the service manager.
struct AddressListener {
  std::optional<UdpListener> udp;
  std::optional<TcpListener> tcp;
  boost::asio::steady_timer end;  // of a retired one
  bool passed = false;            // see net::ListeningSockets
};

}  // namespace pacedns::server
