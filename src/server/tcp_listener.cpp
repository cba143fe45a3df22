#include "pacedns/server/tcp_listener.hpp"

#include <netinet/tcp.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

#include "pacedns/net/descriptor_limit.hpp"

namespace pacedns::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxReply = 65535;

/// Without it the kernel takes up to some MiB that the client has not asked for, and tells only after a third
/// of that that the client takes anything.
void hold_back_unsent(int socket) {
  constexpr int kUnsent = 64 << 10;
  static_cast<void>(::setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsent, sizeof(kUnsent)));
}

/// After running out of descriptors: some will be closed in the meantime.
constexpr Duration kRetryDelay = std::chrono::milliseconds(100);

}  // namespace

TcpListener::TcpListener(asio::ip::tcp::acceptor acceptor, std::uint32_t id, const TcpOptions& options,
                         ConnectionCount& open_connections, const AccessControl& access,
                         QueryHandler& handler, metrics::Counters& counters)
    : acceptor_(std::move(acceptor)),
      retry_(acceptor_.get_executor()),
      id_(id),
      options_(options),
      open_connections_(open_connections),
      access_(access),
      handler_(handler),
      counters_(counters),
      reply_(kMaxReply) {}

void TcpListener::start() {
  asio::co_spawn(acceptor_.get_executor(), accept_clients(this), asio::detached);
}

void TcpListener::stop_accepting(bool admitted) {
  if (admitted) admit_waiting();
  error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
  for (const auto& [id, connection] : connections_)
    connection.session->stop_reading();
}

void TcpListener::close_sessions() {
  while (!connections_.empty()) {
    const auto session = connections_.begin()->second.session;
    session->close();
  }
}

void TcpListener::send(const Client& client, Bytes reply) {
  const auto found = connections_.find(client.session);
  if (found == connections_.end()) {
    counters_.add(metrics::Counter::DroppedReplies);
    return;
  }
  const auto session = found->second.session;  // it may close
  StreamSession::send(session, reply);
}

asio::awaitable<void> TcpListener::accept_clients(TcpListener* self) {
  while (self->acceptor_.is_open()) {
    asio::ip::tcp::endpoint peer;
    auto [error, socket] = co_await self->acceptor_.async_accept(peer, kAwait);
    if (!self->acceptor_.is_open()) co_return;  // it may have been accepted just before
    if (!error) {
      self->admit(std::move(socket), peer);
    } else if (error != asio::error::connection_aborted) {
      self->counters_.add(metrics::Counter::TcpAcceptsFailed);
      self->warn("accept_failed", error.message());
      self->retry_.expires_after(kRetryDelay);
      co_await self->retry_.async_wait(kAwait);
    }
  }
}

// Whose connection the kernel has accepted would be reset.
void TcpListener::admit_waiting() {
  for (std::size_t i = 0; i < options_.connections && acceptor_.is_open(); ++i) {
    asio::ip::tcp::endpoint peer;
    error_code error;
    asio::ip::tcp::socket socket(acceptor_.get_executor());
    acceptor_.accept(socket, peer, error);
    if (error) return;
    admit(std::move(socket), peer);
  }
}

void TcpListener::admit(asio::ip::tcp::socket socket, const asio::ip::tcp::endpoint& peer) {
  // The other half is for sockets to upstreams, and for the files that a reload reads.
  TcpOptions limits = options_;
  limits.connections = std::min(limits.connections, net::descriptor_limit() / 2);
  auto place = open_connections_.admit(ClientIdentity(peer.address()), limits);
  if (place.has_error()) {
    if (place.error() == ConnectionCount::Full::OfClient)
      return refuse("limits.tcp_connections_per_client reached");
    return refuse(limits.connections < options_.connections
                      ? "they have half of the descriptors (RLIMIT_NOFILE)"
                      : "limits.tcp_connections reached");
  }
  counters_.add(metrics::Counter::TcpConnections);
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  hold_back_unsent(socket.native_handle());
  Client client;
  client.listener = id_;
  client.session = next_session_++;
  std::memcpy(&client.peer.remote, peer.data(), std::min(peer.size(), sizeof(client.peer.remote)));
  const auto session = std::make_shared<StreamSession>(std::move(socket), client, peer.address(), handler_,
                                                       static_cast<StreamSession::Owner&>(*this));
  connections_.emplace(client.session, Connection{session, std::move(*place)});
  StreamSession::start(session);
}

void TcpListener::refuse(const char* why) {
  counters_.add(metrics::Counter::TcpConnectionsRefused);
  warn("connection_refused", why);
}

void TcpListener::warn(const char* what, const std::string& why) {
  const auto swallowed = warnings_.pass(steady_now());
  if (swallowed) spdlog::warn("event={} transport=tcp reason=\"{}\" swallowed={}", what, why, *swallowed);
}

}  // namespace pacedns::server
