#include "pacedns/server/listeners.hpp"

#include <utility>

#include <boost/asio/post.hpp>

namespace pacedns::server {

Listeners::Listeners(boost::asio::io_context& io, const ServerOptions& options,
                     ConnectionCount& open_connections, QueryHandler& handler, metrics::Counters& counters)
    : io_(io),
      tcp_options_(options.tcp),
      access_(options.allow),
      open_connections_(open_connections),
      handler_(handler),
      counters_(counters) {}

void Listeners::add(std::uint32_t id, net::ListeningSockets sockets) {
  auto& address =
      *addresses_.emplace(id, new AddressListener{{}, {}, boost::asio::steady_timer(io_), sockets.passed})
           .first->second;
  if (sockets.datagrams) {
    address.udp.emplace(std::move(*sockets.datagrams), id, access_, handler_, counters_);
    address.udp->start();
  }
  if (sockets.stream) {
    address.tcp.emplace(std::move(*sockets.stream), id, tcp_options_, open_connections_, access_, handler_,
                        counters_);
    address.tcp->start();
  }
}

void Listeners::retire(std::uint32_t id, Duration patience) {
  AddressListener& address = *addresses_.at(id);
  leave(address);
  address.end.expires_after(patience);
  address.end.async_wait([this, id](boost::system::error_code error) {
    if (!error) remove(id);
  });
}

void Listeners::remove(std::uint32_t id) {
  auto node = addresses_.extract(id);
  AddressListener& address = *node.mapped();
  if (address.udp) address.udp->close();
  if (address.tcp) address.tcp->close_sessions();
  // Handlers of what was cancelled just now are queued before this one.
  boost::asio::post(io_, [gone = std::move(node.mapped())] {});
}

void Listeners::stop_accepting() {
  for (const auto& [id, address] : addresses_)
    leave(*address);
}

// What waits in a socket that was passed on is for the next process.
void Listeners::leave(AddressListener& address) {
  if (address.tcp) address.tcp->stop_accepting(!address.passed);
  if (!address.udp) return;
  if (address.passed) {
    address.udp->stop();
  } else {
    address.udp->retire();
  }
}

void Listeners::close() {
  for (const auto& [id, address] : addresses_) {
    if (address->udp) address->udp->flush();
    if (address->tcp) address->tcp->close_sessions();
  }
}

void Listeners::apply(const std::vector<net::Prefix>& allow, const TcpOptions& tcp) {
  access_ = AccessControl(allow);
  tcp_options_ = tcp;
}

bool Listeners::reaches(const Client& client) const {
  if (client.over_tcp()) return false;
  const auto found = addresses_.find(client.listener);
  return found != addresses_.end() && found->second->udp;
}

void Listeners::send(const Client& client, Bytes reply) {
  const auto found = addresses_.find(client.listener);
  if (found == addresses_.end()) {
    counters_.add(metrics::Counter::DroppedReplies);
  } else if (client.over_tcp()) {
    found->second->tcp->send(client, reply);
  } else {
    found->second->udp->send(client, reply);
  }
}

}  // namespace pacedns::server
