#include "upstream/tcp_server.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "upstream/port_binding.hpp"

namespace pacedns::simulator {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kCompletion = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadSize = 16'384;
constexpr Duration kIdleCheck = std::chrono::seconds(1);
constexpr Duration kAcceptRetry = std::chrono::milliseconds(20);

std::vector<std::uint8_t> framed(const std::vector<std::uint8_t>& octets) {
  std::vector<std::uint8_t> frame{static_cast<std::uint8_t>(octets.size() >> 8),
                                  static_cast<std::uint8_t>(octets.size() & 0xff)};
  frame.insert(frame.end(), octets.begin(), octets.end());
  return frame;
}

}  // namespace

TcpServer::TcpServer(asio::io_context& context, tcp::socket reservation, const net::Endpoint& endpoint,
                     SimulatedUpstream& upstream, DelayQueue& delays)
    : context_(context),
      reservation_(std::move(reservation)),
      endpoint_(endpoint),
      upstream_(upstream),
      delays_(delays),
      idle_timer_(context),
      retry_timer_(context) {}

void TcpServer::start() {
  update();
  asio::co_spawn(context_, close_idle(this), asio::detached);
}

void TcpServer::stop() {
  stopped_ = true;
  acceptor_.reset();
  idle_timer_.cancel();
  retry_timer_.cancel();
  close_all();
  boost::system::error_code ignored;
  reservation_.close(ignored);
}

void TcpServer::update() {
  const Behaviour& behaviour = upstream_.behaviour();
  const bool open = !behaviour.refuse && behaviour.tcp != TcpMode::Refuse;
  if (open == acceptor_.has_value()) return;
  if (open) {
    acceptor_ = listen_on(context_, endpoint_);
    asio::co_spawn(context_, accept_sessions(this), asio::detached);
  } else {
    acceptor_.reset();
    retry_timer_.cancel();
    close_all();
  }
}

asio::awaitable<void> TcpServer::accept_sessions(TcpServer* server) {
  while (server->acceptor_) {
    auto [error, socket] = co_await server->acceptor_->async_accept(kCompletion);
    if (error == asio::error::operation_aborted || !server->acceptor_) co_return;
    if (!error) {
      server->add_session(std::move(socket));
      continue;
    }
    // Out of descriptors, most likely: what waits in the backlog would be tried again at once.
    server->retry_timer_.expires_after(kAcceptRetry);
    const auto [cancelled] = co_await server->retry_timer_.async_wait(kCompletion);
    if (cancelled) co_return;
  }
}

void TcpServer::add_session(tcp::socket socket) {
  boost::system::error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return;
  socket.set_option(tcp::no_delay(true), error);
  auto session = std::make_shared<TcpSession>(std::move(socket), net::Endpoint{peer.address(), peer.port()},
                                              next_session_++);
  session->last_activity = steady_now();
  sessions_.emplace(session->id, session);
  asio::co_spawn(context_, read_queries(this, std::move(session)), asio::detached);
}

asio::awaitable<void> TcpServer::read_queries(TcpServer* server, Session session) {
  std::array<std::uint8_t, kReadSize> chunk;
  while (true) {
    const auto [error, size] = co_await session->socket.async_read_some(asio::buffer(chunk), kCompletion);
    if (error) break;
    session->last_activity = steady_now();
    session->received.insert(session->received.end(), chunk.begin(),
                             chunk.begin() + static_cast<std::ptrdiff_t>(size));
    while (session->socket.is_open()) {
      const auto frame = session->next_frame();
      if (!frame) break;
      server->on_query(session, *frame);
    }
    if (!session->socket.is_open()) co_return;
  }
  session->read_ended = true;
  if (!session->socket.is_open() || session->finished()) server->close(session);
}

void TcpServer::on_query(const Session& session, Bytes wire) {
  const TimePoint now = steady_now();
  const auto delay = upstream_.handle(wire, Transport::Tcp, session->peer, now, reply_);
  if (upstream_.behaviour().tcp == TcpMode::Close) return close(session);
  if (!delay) return;
  reply_.session = session->id;
  ++session->pending;
  if (*delay == Duration::zero()) {
    send(reply_, now);
  } else {
    delays_.add(now + *delay, *this, reply_);
  }
}

void TcpServer::send(Reply& reply, TimePoint now) {
  const auto found = sessions_.find(reply.session);
  if (found == sessions_.end()) return upstream_.note_dropped(reply.subject, "closed", now);
  const Session session = found->second;
  --session->pending;
  for (unsigned copy = 0; copy < reply.copies; ++copy) {
    upstream_.note_sent(reply, now);
    session->outgoing.push_back(framed(reply.octets));
  }
  if (session->writing) return;
  session->writing = true;
  asio::co_spawn(context_, write_replies(this, session), asio::detached);
}

asio::awaitable<void> TcpServer::write_replies(TcpServer* server, Session session) {
  while (!session->outgoing.empty()) {
    const std::vector<std::uint8_t>& frame = session->outgoing.front();
    const bool split = server->upstream_.behaviour().tcp == TcpMode::Split;
    const std::size_t step = split ? 1 : frame.size();
    for (std::size_t at = 0; at < frame.size(); at += step) {
      const auto part = asio::buffer(frame.data() + at, std::min(step, frame.size() - at));
      const auto [error, written] = co_await asio::async_write(session->socket, part, kCompletion);
      if (error) {
        server->close(session);
        co_return;
      }
    }
    session->last_activity = steady_now();
    session->outgoing.pop_front();
  }
  session->writing = false;
  if (session->finished()) server->close(session);
}

asio::awaitable<void> TcpServer::close_idle(TcpServer* server) {
  while (!server->stopped_) {
    server->idle_timer_.expires_after(kIdleCheck);
    const auto [cancelled] = co_await server->idle_timer_.async_wait(kCompletion);
    if (cancelled) co_return;
    const TimePoint now = steady_now();
    std::vector<Session> idle;
    for (const auto& [id, session] : server->sessions_) {
      if (session->pending == 0 && now - session->last_activity >= kIdleTimeout) idle.push_back(session);
    }
    for (const Session& session : idle)
      server->close(session);
  }
}

void TcpServer::close(const Session& session) {
  boost::system::error_code ignored;
  session->socket.close(ignored);
  sessions_.erase(session->id);
}

void TcpServer::close_all() {
  for (const auto& [id, session] : sessions_) {
    boost::system::error_code ignored;
    session->socket.close(ignored);
  }
  sessions_.clear();
}

}  // namespace pacedns::simulator
