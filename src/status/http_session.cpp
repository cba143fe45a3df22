#include "pacedns/status/http_session.hpp"

#include <array>
#include <cstdint>
#include <ctime>
#include <exception>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "pacedns/status/request_check.hpp"
#include "pacedns/status/response_head.hpp"

namespace pacedns::status {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

/// Of what a client goes on sending after we have closed, so much is taken, and no more.
constexpr std::size_t kMaxDiscarded = std::size_t{256} << 10;

constexpr const char* kUnknownFailure = "an exception that says nothing";

}  // namespace

HttpSession::HttpSession(Protocol::socket socket, asio::ip::address peer,
                         std::shared_ptr<const HttpService> service, Owner& owner)
    : stream_(std::move(socket)),
      buffer_(service->limits.head_octets),
      peer_(std::move(peer)),
      service_(std::move(service)),
      owner_(&owner) {}

void HttpSession::start(const Pointer& self) {
  asio::co_spawn(self->stream_.get_executor(), run(self), asio::detached);
}

void HttpSession::close() {
  Owner* const owner = std::exchange(owner_, nullptr);
  if (owner == nullptr) return;
  stream_.close();
  owner->on_session_closed(*this);
}

// Whatever goes wrong with one connection must not end the event loop.
asio::awaitable<void> HttpSession::run(Pointer self) {
  std::string failure;
  try {
    co_await serve(self);
  } catch (const std::exception& thrown) {
    failure = thrown.what();
  } catch (...) {
    failure = kUnknownFailure;
  }
  if (!failure.empty() && !self->closed()) self->owner_->on_failure(failure);
  self->close();
}

asio::awaitable<void> HttpSession::serve(Pointer self) {
  bool more = true;
  while (more) {
    if (!co_await await_request(self)) co_return;
    std::optional<Outgoing> outgoing = co_await answer_request(self);
    if (!outgoing) co_return;
    more = outgoing->keep_alive;
    if (!co_await write(self, *std::move(outgoing))) co_return;
  }
  co_await say_farewell(self);
}

asio::awaitable<bool> HttpSession::await_request(Pointer self) {
  const HttpLimits& limits = self->service_->limits;
  if (self->requests_ > 0 && self->buffer_.size() == 0) {
    self->stream_.expires_after(limits.idle_timeout);
    auto [error, size] =
        co_await self->stream_.async_read_some(self->buffer_.prepare(limits.head_octets), kAwait);
    if (error || self->closed()) co_return false;
    self->buffer_.commit(size);
  }
  self->stream_.expires_after(limits.head_timeout);
  co_return true;
}

asio::awaitable<std::optional<HttpSession::Outgoing>> HttpSession::answer_request(Pointer self) {
  const HttpLimits& limits = self->service_->limits;
  http::request_parser<http::empty_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(limits.head_octets));
  parser.body_limit(0);
  auto [error, size] = co_await http::async_read_header(self->stream_, self->buffer_, parser, kAwait);
  if (self->closed()) co_return std::nullopt;

  Outgoing outgoing;
  if (error) {
    auto refusal = refusal_of(error);
    if (!refusal) co_return std::nullopt;
    outgoing.response = std::move(refusal->response);
    co_return outgoing;
  }
  self->owner_->on_request();
  const auto& head = parser.get();
  outgoing.version = head.version();
  outgoing.keep_alive = head.keep_alive() && ++self->requests_ < limits.requests_per_connection;
  outgoing.without_body = head.method() == http::verb::head;
  auto checked = check_request(head, *self->service_);
  if (auto* const refusal = std::get_if<Refusal>(&checked)) {
    outgoing.response = std::move(refusal->response);
    outgoing.keep_alive = outgoing.keep_alive && !refusal->close;
    co_return outgoing;
  }
  outgoing.response = co_await handle(self, std::get<Request>(std::move(checked)));
  if (self->closed()) co_return std::nullopt;
  // HTTP/1.0 knows no chunks: there a streamed body ends with the connection.
  if (outgoing.response.more && outgoing.version < 11) outgoing.keep_alive = false;
  co_return outgoing;
}

asio::awaitable<Response> HttpSession::handle(Pointer self, Request request) {
  std::string failure;
  try {
    co_return co_await self->service_->handler.handle(std::move(request));
  } catch (const std::exception& thrown) {
    failure = thrown.what();
  } catch (...) {
    failure = kUnknownFailure;
  }
  if (!self->closed()) self->owner_->on_failure(failure);
  co_return json_error(500, "the request failed inside the daemon; its log says why");
}

asio::awaitable<bool> HttpSession::write(Pointer self, Outgoing outgoing) {
  self->stream_.expires_after(self->service_->limits.write_timeout);
  if (outgoing.response.more) co_return co_await write_streamed(self, std::move(outgoing));
  http::response<http::string_body> message;
  message.version(outgoing.version);
  fill_head(message, outgoing.response, std::time(nullptr));
  if (!outgoing.without_body) message.body() = std::move(outgoing.response.body);
  message.prepare_payload();
  message.keep_alive(outgoing.keep_alive);
  auto [error, size] = co_await http::async_write(self->stream_, message, kAwait);
  co_return !error && !self->closed();
}

asio::awaitable<bool> HttpSession::write_streamed(Pointer self, Outgoing outgoing) {
  const bool chunked = outgoing.version >= 11;
  http::response<http::empty_body> message;
  message.version(outgoing.version);
  fill_head(message, outgoing.response, std::time(nullptr));
  message.chunked(chunked);
  message.keep_alive(outgoing.keep_alive);
  http::response_serializer<http::empty_body> serializer(message);
  auto [error, size] = co_await http::async_write_header(self->stream_, serializer, kAwait);
  if (error || self->closed()) co_return false;
  std::optional<std::string> piece = std::move(outgoing.response.body);
  for (; piece; piece = outgoing.response.more()) {
    if (piece->empty()) continue;  // an empty chunk is the last
    const bool taken = co_await write_piece(self, *std::move(piece), chunked);
    if (!taken) co_return false;
  }
  if (!chunked) co_return true;
  auto [last_error, last_size] = co_await asio::async_write(self->stream_, http::make_chunk_last(), kAwait);
  co_return !last_error && !self->closed();
}

asio::awaitable<bool> HttpSession::write_piece(Pointer self, std::string piece, bool chunked) {
  self->stream_.expires_after(self->service_->limits.write_timeout);
  error_code error;
  if (chunked) {
    const auto chunk = http::make_chunk(asio::buffer(piece));
    std::tie(error, std::ignore) = co_await asio::async_write(self->stream_, chunk, kAwait);
  } else {
    std::tie(error, std::ignore) = co_await asio::async_write(self->stream_, asio::buffer(piece), kAwait);
  }
  co_return !error && !self->closed();
}

asio::awaitable<void> HttpSession::say_farewell(Pointer self) {
  error_code ignored;
  self->stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
  self->stream_.expires_after(self->service_->limits.farewell_timeout);
  std::array<char, 4096> unread;
  for (std::size_t taken = 0; taken < kMaxDiscarded;) {
    auto [error, size] = co_await self->stream_.async_read_some(asio::buffer(unread), kAwait);
    if (error || self->closed()) co_return;
    taken += size;
  }
}

}  // namespace pacedns::status
