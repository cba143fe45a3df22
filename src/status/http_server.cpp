#include "pacedns/status/http_server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include "pacedns/base/time.hpp"

namespace pacedns::status {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

/// After running out of descriptors: some will be closed in the meantime.
constexpr Duration kRetryDelay = std::chrono::milliseconds(100);

/// Of a streamed body the kernel takes so much that the client has not asked for; left to itself it is some
/// MiB, for each connection.
constexpr int kUnsent = 64 << 10;

void prepare_tcp(int socket) {
  constexpr int kOn = 1;
  static_cast<void>(::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof(kOn)));
  static_cast<void>(::setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsent, sizeof(kUnsent)));
}

asio::ip::address to_address(const asio::generic::stream_protocol::endpoint& peer) {
  asio::ip::tcp::endpoint endpoint;
  if (peer.size() > endpoint.capacity()) return {};
  std::memcpy(endpoint.data(), peer.data(), peer.size());
  endpoint.resize(peer.size());
  return endpoint.address();
}

}  // namespace

HttpServer::HttpServer(Acceptor acceptor, HttpService service, std::vector<net::Prefix> allow)
    : acceptor_(std::move(acceptor)),
      retry_(acceptor_.get_executor()),
      service_(std::make_shared<const HttpService>(std::move(service))),
      allow_(std::move(allow)) {}

void HttpServer::start(const std::shared_ptr<HttpServer>& self) {
  asio::co_spawn(self->acceptor_.get_executor(), accept_clients(self), asio::detached);
}

void HttpServer::close() {
  error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
  while (!sessions_.empty())
    (*sessions_.begin())->close();
}

void HttpServer::set_allow(std::vector<net::Prefix> allow) {
  allow_ = std::move(allow);
  std::vector<HttpSession*> outside;
  for (HttpSession* const session : sessions_)
    if (!allows(session->peer())) outside.push_back(session);
  for (HttpSession* const session : outside)
    session->close();
}

asio::awaitable<void> HttpServer::accept_clients(std::shared_ptr<HttpServer> self) {
  while (self->acceptor_.is_open()) {
    Peer peer;
    auto [error, socket] = co_await self->acceptor_.async_accept(peer, kAwait);
    if (!self->acceptor_.is_open()) co_return;  // it may have been accepted just before
    if (!error) {
      self->admit(std::move(socket), peer);
    } else if (error != asio::error::connection_aborted) {
      const auto swallowed = self->failures_.pass(steady_now());
      if (swallowed) {
        spdlog::warn("event=accept_failed listener={} reason=\"{}\" swallowed={}", self->name(),
                     error.message(), *swallowed);
      }
      self->retry_.expires_after(kRetryDelay);
      co_await self->retry_.async_wait(kAwait);
    }
  }
}

void HttpServer::admit(HttpSession::Protocol::socket socket, const Peer& peer) {
  const asio::ip::address address = service_->local() ? asio::ip::address() : to_address(peer);
  if (!allows(address)) {
    ++counts_.outside;
    return refuse(address, "not in status.allow");
  }
  if (sessions_.size() >= service_->limits.connections) {
    ++counts_.over_limit;
    return refuse(address, "too many connections");
  }
  ++counts_.connections;
  if (!service_->local()) prepare_tcp(socket.native_handle());
  const auto session = std::make_shared<HttpSession>(std::move(socket), address, service_,
                                                     static_cast<HttpSession::Owner&>(*this));
  sessions_.insert(session.get());
  HttpSession::start(session);
}

bool HttpServer::allows(const asio::ip::address& peer) const {
  return service_->local() ||
         std::ranges::any_of(allow_, [&](const net::Prefix& prefix) { return prefix.contains(peer); });
}

void HttpServer::refuse(const asio::ip::address& peer, const char* why) {
  const auto swallowed = refusals_.pass(steady_now());
  if (!swallowed) return;
  spdlog::warn("event=connection_refused listener={} client={} reason=\"{}\" swallowed={}", name(),
               service_->local() ? "local" : peer.to_string(), why, *swallowed);
}

void HttpServer::on_failure(const std::string& why) {
  ++counts_.failures;
  const auto swallowed = failures_.pass(steady_now());
  if (!swallowed) return;
  spdlog::warn("event=request_failed listener={} reason=\"{}\" swallowed={}", name(), why, *swallowed);
}

}  // namespace pacedns::status
