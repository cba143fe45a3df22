#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>

#include "pacedns/base/flood_limit.hpp"
#include "pacedns/net/prefix.hpp"
#include "pacedns/status/http_service.hpp"
#include "pacedns/status/http_session.hpp"

namespace pacedns::status {

/// What has happened at one listener since it was opened.
struct HttpCounts {
  std::uint64_t connections = 0;  ///< served
  std::uint64_t outside = 0;      ///< closed at once: the peer is not in the allow list
  std::uint64_t over_limit = 0;   ///< closed at once: too many were open
  std::uint64_t requests = 0;     ///< whose heads could be read
  std::uint64_t failures = 0;     ///< exceptions of the handler
};

/// A listening stream socket of any kind, and the sessions that came of it. Held by its coroutine until it
/// has been closed, so that its owner may go at any time.
class HttpServer : private HttpSession::Owner {
 public:
  using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol>;

  HttpServer(Acceptor acceptor, HttpService service, std::vector<net::Prefix> allow);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer() override { close(); }

  static void start(const std::shared_ptr<HttpServer>& self);

  /// The listening socket, and every connection in whatever state.
  void close();

  /// Who may connect; who is connected and may no longer be is closed. Without meaning on a Unix socket.
  void set_allow(std::vector<net::Prefix> allow);

  [[nodiscard]] const HttpCounts& counts() const { return counts_; }
  [[nodiscard]] std::size_t open_connections() const { return sessions_.size(); }
  [[nodiscard]] const std::string& name() const { return service_->name; }

 private:
  using Peer = boost::asio::generic::stream_protocol::endpoint;

  static boost::asio::awaitable<void> accept_clients(std::shared_ptr<HttpServer> self);

  void admit(HttpSession::Protocol::socket socket, const Peer& peer);
  [[nodiscard]] bool allows(const boost::asio::ip::address& peer) const;
  void refuse(const boost::asio::ip::address& peer, const char* why);

  void on_request() override { ++counts_.requests; }
  void on_failure(const std::string& why) override;
  void on_session_closed(HttpSession& session) override { sessions_.erase(&session); }

  Acceptor acceptor_;
  boost::asio::steady_timer retry_;
  std::shared_ptr<const HttpService> service_;
  std::vector<net::Prefix> allow_;
  std::unordered_set<HttpSession*> sessions_;  // each is held by its coroutine, and takes itself out
  HttpCounts counts_;
  FloodLimit refusals_;
  FloodLimit failures_;
};

}  // namespace pacedns::status
