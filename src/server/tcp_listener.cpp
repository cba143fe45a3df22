#include "pacedns/server/tcp_listener.hpp"

#include <netinet/tcp.h>

#include <string>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <spdlog/spdlog.h>

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
  for (const auto& [id, session] : sessions_)
    session->stop_reading();
}

void TcpListener::close_sessions() {
  while (!sessions_.empty()) {
    const auto session = sessions_.begin()->second;
    session->close();
  }
}

void TcpListener::send(const Client& client, Bytes reply) {
  const auto found = sessions_.find(client.session);
  if (found == sessions_.end()) {
    counters_.add(metrics::Counter::DroppedReplies);
    return;
  }
  const auto session = found->second;  // it may close
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
  if (open_connections_.fetch_add(1, std::memory_order_relaxed) >= options_.connections) {
    open_connections_.fetch_sub(1, std::memory_order_relaxed);
    counters_.add(metrics::Counter::TcpConnectionsRefused);
    warn("connection_refused", "limits.tcp_connections reached");
    return;
  }
  counters_.add(metrics::Counter::TcpConnections);
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  hold_back_unsent(socket.native_handle());
  Client client;
  client.listener = id_;
  client.session = next_session_++;
  const auto session = std::make_shared<StreamSession>(std::move(socket), client, peer.address(), handler_,
                                                       static_cast<StreamSession::Owner&>(*this));
  sessions_.emplace(client.session, session);
  StreamSession::start(session);
}

void TcpListener::warn(const char* what, const std::string& why) {
  const auto swallowed = warnings_.pass(steady_now());
  if (swallowed) spdlog::warn("event={} transport=tcp reason=\"{}\" swallowed={}", what, why, *swallowed);
}

void TcpListener::on_session_closed(std::uint64_t session) {
  if (sessions_.erase(session) > 0) open_connections_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace pacedns::server
