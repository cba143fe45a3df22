#include "pacedns/server/stream_session.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "pacedns/dns/wire.hpp"

namespace pacedns::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

}  // namespace

StreamSession::StreamSession(asio::ip::tcp::socket socket, const Client& client,
                             const asio::ip::address& peer, QueryHandler& handler, Owner& owner)
    : socket_(std::move(socket)),
      room_(socket_.get_executor()),
      idle_(socket_.get_executor()),
      client_(client),
      peer_(peer),
      handler_(handler),
      owner_(&owner),
      last_progress_(steady_now()) {}

void StreamSession::start(const Pointer& self) {
  asio::co_spawn(self->socket_.get_executor(), read_queries(self), asio::detached);
  asio::co_spawn(self->socket_.get_executor(), watch_idleness(self), asio::detached);
}

void StreamSession::send(const Pointer& self, Bytes reply) {
  if (self->owner_ == nullptr) return;
  --self->pending_;
  self->enqueue(self, reply);
}

void StreamSession::stop_reading() {
  read_to_end_ = true;
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_receive, ignored);  // ends a read that is waiting
  room_.cancel();
}

void StreamSession::close() {
  Owner* const owner = std::exchange(owner_, nullptr);
  if (owner == nullptr) return;
  error_code ignored;
  socket_.close(ignored);
  room_.cancel();
  idle_.cancel();
  owner->on_session_closed(client_.session);
}

asio::awaitable<void> StreamSession::read_queries(Pointer self) {
  while (self->owner_ != nullptr) {
    while (self->owner_ != nullptr && self->busy() && !self->read_to_end_) {
      self->room_.expires_at(asio::steady_timer::time_point::max());
      co_await self->room_.async_wait(kAwait);
    }
    if (self->owner_ == nullptr) co_return;
    if (self->read_to_end_) {
      if (self->drained()) self->close();
      co_return;
    }
    if (const auto message = self->framer_.next()) {
      self->on_message(self, *message, steady_now());
      continue;
    }
    const MutableBytes space = self->framer_.space();
    auto [error, size] =
        co_await self->socket_.async_read_some(asio::buffer(space.data(), space.size()), kAwait);
    if (self->owner_ == nullptr) co_return;
    if (error) {
      // A client may end its side and still wait for replies.
      self->read_to_end_ = true;
      if (error != asio::error::eof || self->drained()) self->close();
      co_return;
    }
    self->framer_.commit(size);
  }
}

asio::awaitable<void> StreamSession::write_replies(Pointer self) {
  while (self->owner_ != nullptr && !self->queued_.empty()) {
    std::size_t written = 0;
    const auto& reply = self->queued_.front();
    while (written < reply.size()) {
      auto [error, size] = co_await self->socket_.async_write_some(asio::buffer(reply) + written, kAwait);
      if (self->owner_ == nullptr) co_return;
      if (error) {
        self->close();
        co_return;
      }
      written += size;
      self->touch(steady_now());
    }
    self->queued_octets_ -= reply.size();
    self->queued_.pop_front();
    if (!self->busy()) self->room_.cancel();
  }
  self->writing_ = false;
  if (self->read_to_end_ && self->drained()) self->close();
}

asio::awaitable<void> StreamSession::watch_idleness(Pointer self) {
  while (self->owner_ != nullptr) {
    const TimePoint deadline = self->last_progress_ + self->owner_->idle_timeout();
    const TimePoint now = steady_now();
    // Waiting for our own reply is not the client's idleness.
    const bool ours = self->pending_ > 0 && self->queued_.empty();
    if (now >= deadline && !ours) {
      self->close();
      co_return;
    }
    self->idle_.expires_at(
        std::max(deadline, now + (ours ? self->owner_->idle_timeout() : Duration::zero())));
    co_await self->idle_.async_wait(kAwait);
  }
}

void StreamSession::on_message(const Pointer& self, Bytes query, TimePoint now) {
  touch(now);
  owner_->on_stream_query();
  const MutableBytes space = owner_->reply_space();
  ++pending_;
  Incoming incoming{
      .query = query, .client = client_, .allowed = owner_->allows(peer_), .reply = space, .handled = {}};
  handler_.on_queries({&incoming, 1}, now);
  if (incoming.handled.when == Handled::When::Later) return;
  --pending_;
  if (incoming.handled.when == Handled::When::Now) enqueue(self, space.first(incoming.handled.size));
}

void StreamSession::enqueue(const Pointer& self, Bytes reply) {
  std::vector<std::uint8_t> framed(2 + reply.size());
  dns::store_u16(framed, 0, static_cast<std::uint16_t>(reply.size()));
  std::ranges::copy(reply, framed.begin() + 2);
  queued_octets_ += framed.size();
  queued_.push_back(std::move(framed));
  if (writing_) return;
  writing_ = true;
  asio::co_spawn(socket_.get_executor(), write_replies(self), asio::detached);
}

void StreamSession::touch(TimePoint now) {
  last_progress_ = now;
}

}  // namespace pacedns::server
