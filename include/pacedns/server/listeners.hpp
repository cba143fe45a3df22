#pragma once

#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/system/result.hpp>

#include "pacedns/base/bytes.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/net/endpoint.hpp"
#include "pacedns/server/access_control.hpp"
#include "pacedns/server/client.hpp"
#include "pacedns/server/query_handler.hpp"
#include "pacedns/server/server_options.hpp"
#include "pacedns/server/tcp_listener.hpp"
#include "pacedns/server/udp_listener.hpp"

namespace pacedns::server {

/// All addresses one worker listens on, UDP and TCP on each.
class Listeners {
 public:
  Listeners(const ServerOptions& options, ConnectionCount& open_connections, QueryHandler& handler,
            metrics::Counters& counters);

  /// Binds an address on top of those bound before. Called before `start`.
  [[nodiscard]] boost::system::error_code bind(boost::asio::io_context& io, const net::Endpoint& endpoint);

  void start();

  /// No new connections and no new datagrams; replies can still be sent.
  void stop_accepting();
  /// Sends what is still to be sent over UDP, and ends all TCP sessions.
  void close();

  void set_access(const std::vector<net::Prefix>& allow) { access_ = AccessControl(allow); }

  /// Sends a reply on the way its query came.
  void send(const Client& client, Bytes reply);

 private:
  TcpOptions tcp_options_;
  AccessControl access_;
  ConnectionCount& open_connections_;
  QueryHandler& handler_;
  metrics::Counters& counters_;
  std::vector<std::unique_ptr<UdpListener>> udp_;
  std::vector<std::unique_ptr<TcpListener>> tcp_;
};

}  // namespace pacedns::server
