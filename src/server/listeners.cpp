#include "pacedns/server/listeners.hpp"

#include <utility>

#include "pacedns/net/listening_socket.hpp"

namespace pacedns::server {

Listeners::Listeners(const ServerOptions& options, ConnectionCount& open_connections, QueryHandler& handler,
                     metrics::Counters& counters)
    : tcp_options_(options.tcp),
      access_(options.allow),
      open_connections_(open_connections),
      handler_(handler),
      counters_(counters) {}

boost::system::error_code Listeners::bind(boost::asio::io_context& io, const net::Endpoint& endpoint) {
  auto datagrams = net::open_udp(io, endpoint);
  if (!datagrams) return datagrams.error();
  auto stream = net::open_tcp(io, endpoint);
  if (!stream) return stream.error();
  const auto id = static_cast<std::uint32_t>(udp_.size());
  udp_.push_back(std::make_unique<UdpListener>(std::move(*datagrams), id, access_, handler_, counters_));
  tcp_.push_back(std::make_unique<TcpListener>(std::move(*stream), id, tcp_options_, open_connections_,
                                               access_, handler_, counters_));
  return {};
}

void Listeners::start() {
  for (const auto& listener : udp_)
    listener->start();
  for (const auto& listener : tcp_)
    listener->start();
}

void Listeners::stop_accepting() {
  for (const auto& listener : udp_)
    listener->stop();
  for (const auto& listener : tcp_)
    listener->stop_accepting();
}

void Listeners::close() {
  for (const auto& listener : udp_)
    listener->flush();
  for (const auto& listener : tcp_)
    listener->close_sessions();
}

void Listeners::send(const Client& client, Bytes reply) {
  if (client.over_tcp()) {
    tcp_[client.listener]->send(client, reply);
  } else {
    udp_[client.listener]->send(client, reply);
  }
}

}  // namespace pacedns::server
