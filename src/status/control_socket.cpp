#include "pacedns/status/control_socket.hpp"

#include <utility>

namespace pacedns::status {

boost::system::result<std::unique_ptr<ControlSocket>> ControlSocket::open(boost::asio::io_context& io,
                                                                          const std::string& path,
                                                                          RequestHandler& handler,
                                                                          const HttpLimits& limits) {
  auto bound = bind_socket_file(io, path);
  if (!bound) return bound.error();
  HttpService service{
      .handler = handler, .name = path, .address = std::nullopt, .own_name = {}, .limits = limits};
  return std::make_unique<ControlSocket>(
      std::move(bound->file), std::make_shared<HttpServer>(std::move(bound->acceptor), std::move(service),
                                                           std::vector<net::Prefix>{}));
}

ControlSocket::ControlSocket(SocketFile file, std::shared_ptr<HttpServer> server)
    : file_(std::move(file)), server_(std::move(server)) {}

// The file first: whoever finds it finds somebody listening.
void ControlSocket::close() {
  file_.remove();
  server_->close();
}

}  // namespace pacedns::status
