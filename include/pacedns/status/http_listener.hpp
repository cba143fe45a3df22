#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/system/result.hpp>

#include "pacedns/net/endpoint.hpp"
#include "pacedns/net/prefix.hpp"
#include "pacedns/status/http_limits.hpp"
#include "pacedns/status/http_server.hpp"
#include "pacedns/status/request_handler.hpp"

namespace pacedns::status {

/// HTTP over TCP on one address, for those in the allow list. From anybody else nothing is read, and nothing
/// is sent to them. The event loop and the handler outlive it; it may go at any time, which closes it.
class HttpListener {
 public:
  /// Binds and listens. Fails with what the kernel says, as where the port is taken.
  [[nodiscard]] static boost::system::result<std::unique_ptr<HttpListener>> open(
      boost::asio::io_context& io, const net::Endpoint& endpoint, std::vector<net::Prefix> allow,
      RequestHandler& handler, const HttpLimits& limits = {});

  HttpListener(const net::Endpoint& at, std::shared_ptr<HttpServer> server);
  HttpListener(const HttpListener&) = delete;
  HttpListener& operator=(const HttpListener&) = delete;
  ~HttpListener() { close(); }

  /// Who connects before waits in the kernel.
  void start() { HttpServer::start(server_); }
  void close() { server_->close(); }

  /// As after a reload. Connections of those who are no longer in it are closed.
  void set_allow(std::vector<net::Prefix> allow);

  /// With the port that the kernel chose, where it was 0.
  [[nodiscard]] const net::Endpoint& at() const { return at_; }
  [[nodiscard]] const HttpCounts& counts() const { return server_->counts(); }
  [[nodiscard]] std::size_t open_connections() const { return server_->open_connections(); }

 private:
  net::Endpoint at_;
  std::shared_ptr<HttpServer> server_;
};

}  // namespace pacedns::status
