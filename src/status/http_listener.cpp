#include "pacedns/status/http_listener.hpp"

#include <array>
#include <string>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <unistd.h>

namespace pacedns::status {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

/// Clients that wait while the daemon's main thread is at something else.
constexpr int kListenBacklog = 128;

// Unlike a worker's sockets not with SO_REUSEPORT: nobody else can have the port with us.
boost::system::result<tcp::acceptor> open_acceptor(boost::asio::io_context& io, const tcp::endpoint& at) {
  tcp::acceptor acceptor(io);
  error_code error;
  acceptor.open(at.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && at.address().is_v6()) acceptor.set_option(boost::asio::ip::v6_only(true), error);
  if (!error) acceptor.bind(at, error);
  if (!error) acceptor.listen(kListenBacklog, error);
  if (!error) acceptor.non_blocking(true, error);
  if (error) return error;
  return acceptor;
}

std::string name_of_this_machine() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return name.data();
}

}  // namespace

boost::system::result<std::unique_ptr<HttpListener>> HttpListener::open(boost::asio::io_context& io,
                                                                        const net::Endpoint& endpoint,
                                                                        std::vector<net::Prefix> allow,
                                                                        RequestHandler& handler,
                                                                        const HttpLimits& limits) {
  auto acceptor = open_acceptor(io, endpoint.tcp());
  if (!acceptor) return acceptor.error();
  error_code error;
  const tcp::endpoint bound = acceptor->local_endpoint(error);
  if (error) return error;
  const net::Endpoint at{endpoint.address, bound.port()};
  HttpService service{.handler = handler,
                      .name = net::to_string(at),
                      .address = at.address,
                      .own_name = name_of_this_machine(),
                      .limits = limits};
  return std::make_unique<HttpListener>(
      at, std::make_shared<HttpServer>(*std::move(acceptor), std::move(service), std::move(allow)));
}

HttpListener::HttpListener(const net::Endpoint& at, std::shared_ptr<HttpServer> server)
    : at_(at), server_(std::move(server)) {}

void HttpListener::set_allow(std::vector<net::Prefix> allow) {
  server_->set_allow(std::move(allow));
}

}  // namespace pacedns::status
