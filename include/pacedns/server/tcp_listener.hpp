#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "pacedns/base/flood_limit.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/server/access_control.hpp"
#include "pacedns/server/connection_count.hpp"
#include "pacedns/server/query_handler.hpp"
#include "pacedns/server/server_options.hpp"
#include "pacedns/server/stream_session.hpp"

namespace pacedns::server {

/// One listening TCP socket of one worker and the sessions that came of it. `options` and `access` may be
/// replaced by their owner between two events. May be destroyed by a handler that is posted after
/// `stop_accepting` and `close_sessions`.
class TcpListener : private StreamSession::Owner {
 public:
  TcpListener(boost::asio::ip::tcp::acceptor acceptor, std::uint32_t id, const TcpOptions& options,
              ConnectionCount& open_connections, const AccessControl& access, QueryHandler& handler,
              metrics::Counters& counters);

  void start();
  /// Closes the listening socket, after taking those who wait to be accepted if they are to be `admitted`,
  /// and reads no more from those who are connected than what has come. Sessions end when all replies are
  /// written.
  void stop_accepting(bool admitted);
  void close_sessions();

  /// A reply that was not there when its query came; dropped if the client has gone.
  void send(const Client& client, Bytes reply);

 private:
  struct Connection {
    std::shared_ptr<StreamSession> session;
    ConnectionCount::Place place;
  };

  static boost::asio::awaitable<void> accept_clients(TcpListener* self);

  void admit_waiting();
  void admit(boost::asio::ip::tcp::socket socket, const boost::asio::ip::tcp::endpoint& peer);
  void refuse(const char* why);
  void warn(const char* what, const std::string& why);

  Duration idle_timeout() const override { return options_.idle_timeout; }
  bool allows(const boost::asio::ip::address& peer) const override { return access_.allows(peer); }
  MutableBytes reply_space() override { return reply_; }
  void on_stream_query() override { counters_.add(metrics::Counter::QueriesTcp); }
  std::size_t& queued_octets() override { return queued_octets_; }
  void on_session_closed(std::uint64_t session) override { connections_.erase(session); }

  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  std::uint32_t id_;
  const TcpOptions& options_;
  ConnectionCount& open_connections_;
  const AccessControl& access_;
  QueryHandler& handler_;
  metrics::Counters& counters_;
  std::vector<std::uint8_t> reply_;
  std::size_t queued_octets_ = 0;
  std::unordered_map<std::uint64_t, Connection> connections_;
  std::uint64_t next_session_ = 1;
  FloodLimit warnings_;
};

}  // namespace pacedns::server
