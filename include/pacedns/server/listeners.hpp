#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "pacedns/base/bytes.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/net/listening_socket.hpp"
#include "pacedns/server/access_control.hpp"
#include "pacedns/server/address_listener.hpp"
#include "pacedns/server/client.hpp"
#include "pacedns/server/query_handler.hpp"
#include "pacedns/server/server_options.hpp"

namespace pacedns::server {

/// All addresses one worker listens on.
class Listeners {
 public:
  Listeners(boost::asio::io_context& io, const ServerOptions& options, ConnectionCount& open_connections,
            QueryHandler& handler, metrics::Counters& counters);

  /// Serves an address from now on. `id` is the address's number at all workers, and is never used again.
  void add(std::uint32_t id, net::ListeningSockets sockets);

  /// Takes no more queries there than those that have come. The sockets are closed after `patience`, by when
  /// these should be answered.
  void retire(std::uint32_t id, Duration patience);

  /// No new connections, and no more queries than those that have come, or, where the socket is passed on to
  /// the next process, than those that have been read; replies can still be sent.
  void stop_accepting();
  /// Sends what is still to be sent over UDP, and ends all TCP sessions.
  void close();

  /// Who may ask, and how TCP connections are limited.
  void apply(const std::vector<net::Prefix>& allow, const TcpOptions& tcp);

  /// Whether `send` can reach a client whose query came to another worker.
  [[nodiscard]] bool reaches(const Client& client) const;

  /// Sends a reply on the way its query came. Dropped and counted when that way has been closed.
  void send(const Client& client, Bytes reply);

 private:
  static void leave(AddressListener& address);
  void remove(std::uint32_t id);

  boost::asio::io_context& io_;
  TcpOptions tcp_options_;
  AccessControl access_;
  ConnectionCount& open_connections_;
  QueryHandler& handler_;
  metrics::Counters& counters_;
  std::map<std::uint32_t, std::unique_ptr<AddressListener>> addresses_;  // by id
};

}  // namespace pacedns::server
