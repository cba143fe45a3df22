#include "pacedns/server/stream_session.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

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
      last_progress_(steady_now()) {
  error_code ignored;
  socket_.non_blocking(true, ignored);
}

void StreamSession::start(const Pointer& self) {
  asio::co_spawn(self->socket_.get_executor(), read_queries(self), asio::detached);
  asio::co_spawn(self->socket_.get_executor(), watch_idleness(self), asio::detached);
}

void StreamSession::send(const Pointer& self, Bytes reply) {
  if (self->owner_ == nullptr) return;
  --self->pending_;
  self->replies_.push(reply);
  self->note_queued(self->replies_.octets().size());
  if (self->owes_too_much()) {
    write_replies(self, steady_now());
    if (self->owner_ != nullptr && self->owes_too_much()) self->close();
    return;
  }
  if (self->write_posted_ || self->blocked_) return;
  if (self->replies_.octets().size() >= kMaxQueuedOctets) return write_replies(self, steady_now());
  self->write_posted_ = true;
  asio::post(self->socket_.get_executor(), [self] {
    self->write_posted_ = false;
    write_replies(self, steady_now());
  });
}

void StreamSession::note_queued(std::size_t octets) {
  owner_->queued_octets() += octets - queued_;
  queued_ = octets;
}

void StreamSession::stop_reading() {
  error_code ignored;
  unread_ = socket_.available(ignored);
  socket_.shutdown(asio::ip::tcp::socket::shutdown_receive, ignored);  // ends a read that is waiting
  room_.cancel();
}

// What is unread when a socket is closed makes the kernel reset the connection, and drop what it has not
// sent.
void StreamSession::discard_unread() {
  constexpr int kAttempts = 64;  // nobody keeps us by sending
  std::array<std::uint8_t, 4096> unread;
  error_code error;
  for (int i = 0; i < kAttempts && !error; ++i)
    socket_.read_some(asio::buffer(unread), error);
}

void StreamSession::close() {
  if (owner_ == nullptr) return;
  note_queued(0);
  Owner* const owner = std::exchange(owner_, nullptr);
  error_code ignored;
  socket_.close(ignored);
  room_.cancel();
  idle_.cancel();
  owner->on_session_closed(client_.session);
}

asio::awaitable<void> StreamSession::read_queries(Pointer self) {
  for (;;) {
    const bool more = handle_queries(self, steady_now());
    if (self->owner_ == nullptr || self->read_to_end_) co_return;
    if (self->busy()) {
      self->room_.expires_at(asio::steady_timer::time_point::max());
      co_await self->room_.async_wait(kAwait);
      continue;
    }
    if (more) {
      co_await asio::post(self->socket_.get_executor(), kAwait);  // others have their turn
      continue;
    }
    if (self->unread_ == 0U) {
      self->end_reading();
      co_return;
    }
    const MutableBytes space = self->framer_.space();
    auto [error, size] =
        co_await self->socket_.async_read_some(asio::buffer(space.data(), space.size()), kAwait);
    if (self->owner_ == nullptr) co_return;
    if (error) {
      // A client may end its side and still wait for replies.
      if (error == asio::error::eof) {
        self->end_reading();
      } else {
        self->close();
      }
      co_return;
    }
    if (self->unread_) {
      size = std::min(size, *self->unread_);
      *self->unread_ -= size;
    }
    self->framer_.commit(size);
  }
}

void StreamSession::end_reading() {
  read_to_end_ = true;
  if (!drained()) return;
  discard_unread();
  close();
}

bool StreamSession::handle_queries(const Pointer& self, TimePoint now) {
  if (self->owner_ == nullptr) return false;
  const bool allowed = self->owner_->allows(self->peer_);
  bool more = true;
  while (more && self->takes_queries()) {
    const auto message = self->framer_.next();
    more = message.has_value();
    if (more) self->on_message(*message, allowed, now);
  }
  write_replies(self, now);
  return more;
}

void StreamSession::on_message(Bytes query, bool allowed, TimePoint now) {
  last_progress_ = now;
  owner_->on_stream_query();
  const MutableBytes space = owner_->reply_space();
  ++pending_;
  Incoming incoming{.query = query, .client = client_, .allowed = allowed, .reply = space, .handled = {}};
  handler_.on_queries({&incoming, 1}, now);
  if (incoming.handled.when == Handled::When::Later) return;
  --pending_;
  if (incoming.handled.when == Handled::When::Now) replies_.push(space.first(incoming.handled.size));
}

void StreamSession::write_replies(const Pointer& self, TimePoint now) {
  if (self->owner_ == nullptr || self->blocked_) return;
  if (!self->replies_.empty()) {
    const Bytes octets = self->replies_.octets();
    error_code error;
    const std::size_t size = self->socket_.write_some(asio::buffer(octets.data(), octets.size()), error);
    if (error && error != asio::error::would_block) return self->close();
    if (size > 0) {
      self->replies_.taken(size);
      self->note_queued(self->replies_.octets().size());
      self->last_progress_ = now;
      if (!self->busy()) self->room_.cancel();
    }
  }
  if (!self->replies_.empty()) {
    self->blocked_ = true;
    self->socket_.async_wait(asio::ip::tcp::socket::wait_write, [self](error_code) {
      self->blocked_ = false;
      write_replies(self, steady_now());
    });
  } else if (self->read_to_end_ && self->drained()) {
    self->discard_unread();
    self->close();
  }
}

asio::awaitable<void> StreamSession::watch_idleness(Pointer self) {
  while (self->owner_ != nullptr) {
    const TimePoint deadline = self->last_progress_ + self->owner_->idle_timeout();
    const TimePoint now = steady_now();
    // Waiting for our own reply is not the client's idleness.
    const bool ours = !self->drained() && !self->blocked_;
    if (now >= deadline && !ours) {
      self->close();
      co_return;
    }
    self->idle_.expires_at(
        std::max(deadline, now + (ours ? self->owner_->idle_timeout() : Duration::zero())));
    co_await self->idle_.async_wait(kAwait);
  }
}

}  // namespace pacedns::server
