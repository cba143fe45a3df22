#include "pacedns/upstream/tcp_connection.hpp"

#include <optional>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "pacedns/dns/wire.hpp"

namespace pacedns::upstream {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

}  // namespace

std::shared_ptr<TcpConnection> TcpConnection::open(asio::io_context& io, const asio::ip::tcp::endpoint& peer,
                                                   Owner& owner, Duration idle_timeout) {
  auto connection = std::make_shared<TcpConnection>(io, owner, idle_timeout);
  connection->self_ = connection;
  asio::co_spawn(io, run(connection, peer), asio::detached);
  asio::co_spawn(io, close_when_idle(connection), asio::detached);
  return connection;
}

TcpConnection::TcpConnection(asio::io_context& io, Owner& owner, Duration idle_timeout)
    : owner_(&owner), idle_timeout_(idle_timeout), socket_(io), idle_(io), last_activity_(steady_now()) {}

std::uint16_t TcpConnection::send(std::uint64_t exchange, Bytes query, Spelling spelling, Random& random,
                                  TimePoint now) {
  std::vector<std::uint8_t> framed(2 + query.size());
  dns::store_u16(framed, 0, static_cast<std::uint16_t>(query.size()));
  std::copy(query.begin(), query.end(), framed.begin() + 2);
  const std::uint16_t id =
      outstanding_.add({.flight = exchange}, query, spelling, random, MutableBytes(framed).subspan(2));
  queued_.push_back(std::move(framed));
  // From the first query on it is the peer's turn: more of them do not make a silent peer any livelier.
  if (!awaiting_peer_) last_activity_ = now;
  awaiting_peer_ = true;
  if (const Pointer self = self_.lock()) start_writing(self);
  return id;
}

void TcpConnection::abandon() {
  owner_ = nullptr;
  error_code ignored;
  socket_.close(ignored);
  idle_.cancel();
}

asio::awaitable<void> TcpConnection::run(Pointer self, asio::ip::tcp::endpoint peer) {
  if (self->owner_ == nullptr) co_return;
  auto [connect_error] = co_await self->socket_.async_connect(peer, kAwait);
  if (self->owner_ == nullptr) co_return;
  if (connect_error) {
    self->close(connect_error, steady_now());
    co_return;
  }
  error_code ignored;
  self->socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  self->connected_ = true;
  self->start_writing(self);

  while (true) {
    const MutableBytes space = self->framer_.space();
    auto [error, size] =
        co_await self->socket_.async_read_some(asio::buffer(space.data(), space.size()), kAwait);
    if (self->owner_ == nullptr) co_return;
    const TimePoint now = steady_now();
    if (error) {
      self->close(error, now);
      co_return;
    }
    self->last_activity_ = now;
    self->awaiting_peer_ = false;
    self->framer_.commit(size);
    while (const auto message = self->framer_.next()) {
      self->on_message(*message, now);
      if (self->owner_ == nullptr) co_return;
    }
  }
}

asio::awaitable<void> TcpConnection::write_queued(Pointer self) {
  while (!self->queued_.empty()) {
    auto [error, size] =
        co_await asio::async_write(self->socket_, asio::buffer(self->queued_.front()), kAwait);
    static_cast<void>(size);
    if (self->owner_ == nullptr) co_return;
    // The reader hears of a broken connection too, and tells the owner.
    if (error) break;
    self->queued_.pop_front();
  }
  self->writing_ = false;
}

asio::awaitable<void> TcpConnection::close_when_idle(Pointer self) {
  while (self->owner_ != nullptr) {
    const TimePoint now = steady_now();
    const TimePoint deadline = self->last_activity_ + self->idle_timeout_;
    if (now >= deadline) {
      self->close(asio::error::timed_out, now);
      co_return;
    }
    self->idle_.expires_at(deadline);
    co_await self->idle_.async_wait(kAwait);
  }
}

void TcpConnection::start_writing(const Pointer& self) {
  if (!connected_ || writing_ || queued_.empty()) return;
  writing_ = true;
  asio::co_spawn(socket_.get_executor(), write_queued(self), asio::detached);
}

void TcpConnection::on_message(Bytes message, TimePoint now) {
  std::optional<dns::MessageView> reply;
  auto key = outstanding_.match(message, reply);
  if (!key) {
    const auto suspicion = outstanding_.suspect(message);
    if (!suspicion || suspicion->reason != SuspicionReason::LetterCase) return owner_->on_mismatch();
    // Nobody can forge what comes over a connection of ours.
    reply = dns::MessageView::parse(message);
    key = outstanding_.remove(reply->header().id);
    owner_->on_letter_case_lost(key->flight, now);
  }
  reused_ = true;
  owner_->on_stream_reply(key->flight, *reply, now);
}

void TcpConnection::close(error_code error, TimePoint now) {
  Owner* const owner = std::exchange(owner_, nullptr);
  if (owner == nullptr) return;
  error_code ignored;
  socket_.close(ignored);
  idle_.cancel();
  owner->on_closed(*this, outstanding_.take_all(), error, now);
}

}  // namespace pacedns::upstream
