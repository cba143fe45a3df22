#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/system/result.hpp>

#include "pacedns/status/http_limits.hpp"
#include "pacedns/status/http_server.hpp"
#include "pacedns/status/request_handler.hpp"
#include "pacedns/status/socket_file.hpp"

namespace pacedns::status {

/// HTTP over a Unix stream socket at a path, for the user and the group of this process: who may open the
/// file may ask everything. The event loop and the handler outlive it; it may go at any time, which closes it
/// and removes its file.
class ControlSocket {
 public:
  /// As `bind_socket_file`.
  [[nodiscard]] static boost::system::result<std::unique_ptr<ControlSocket>> open(
      boost::asio::io_context& io, const std::string& path, RequestHandler& handler,
      const HttpLimits& limits = {});

  ControlSocket(SocketFile file, std::shared_ptr<HttpServer> server);
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;
  ~ControlSocket() { close(); }

  /// Who connects before waits in the kernel.
  void start() { HttpServer::start(server_); }
  void close();

  [[nodiscard]] const std::string& path() const { return file_.path(); }
  [[nodiscard]] const HttpCounts& counts() const { return server_->counts(); }
  [[nodiscard]] std::size_t open_connections() const { return server_->open_connections(); }

 private:
  SocketFile file_;
  std::shared_ptr<HttpServer> server_;
};

}  // namespace pacedns::status
