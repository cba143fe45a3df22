#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "pacedns/net/endpoint.hpp"
#include "pacedns/net/prefix.hpp"
#include "pacedns/status/control_socket.hpp"
#include "pacedns/status/http_listener.hpp"
#include "pacedns/status/request_handler.hpp"

#include "support/loopback.hpp"
#include "support/temporary_folder.hpp"

// A handler that is told what to do, a listener and a control socket that hand requests to it, and clients
// that write whatever a test wants.

namespace pacedns::test {

/// Answers each request with its path, unless told otherwise.
class ScriptedRequests : public status::RequestHandler {
 public:
  explicit ScriptedRequests(EventLoop& loop) : gate_(loop.io) {
    gate_.expires_at(boost::asio::steady_timer::time_point::max());
  }

  boost::asio::awaitable<status::Response> handle(status::Request request) override {
    seen.push_back(request);
    if (held) {
      boost::system::error_code cancelled;
      co_await gate_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, cancelled));
    }
    ++answered;
    if (answer) co_return answer(request);
    co_return status::Response{.content_type = "text/plain", .body = request.path};
  }

  /// Lets those go that wait, and the next.
  void release() {
    held = false;
    gate_.cancel();
  }

  std::vector<status::Request> seen;
  std::size_t answered = 0;
  bool held = false;  ///< requests wait for `release`
  std::function<status::Response(const status::Request&)> answer;

 private:
  boost::asio::steady_timer gate_;
};

using HttpResponse = boost::beast::http::response<boost::beast::http::string_body>;

[[nodiscard]] inline std::string field(const HttpResponse& response, const char* name) {
  const auto found = response.find(name);
  return found == response.end() ? "" : std::string(found->value());
}

/// One end of a connection that carries text.
class HttpClient {
 public:
  using Protocol = boost::asio::generic::stream_protocol;

  /// `receive_buffer`: so much is taken by the kernel without being read.
  HttpClient(EventLoop& loop, const Protocol::endpoint& to, int receive_buffer = 0)
      : loop_(loop), socket_(loop.io) {
    socket_.open(to.protocol());
    if (receive_buffer != 0) {
      socket_.set_option(boost::asio::socket_base::receive_buffer_size(receive_buffer));
    }
    socket_.connect(to);
    socket_.non_blocking(true);
  }

  void write(const std::string& text) {
    std::size_t written = 0;
    loop_.until([&] {
      written += write_some(text.substr(written));
      return written == text.size();
    });
  }

  /// What the kernel takes at once.
  std::size_t write_some(const std::string& text) {
    boost::system::error_code error;
    return socket_.write_some(boost::asio::buffer(text), error);
  }

  /// The next response.
  [[nodiscard]] HttpResponse read() {
    boost::beast::http::response_parser<boost::beast::http::string_body> parser;
    parser.eager(true);
    parser.body_limit(boost::none);
    loop_.until([&] {
      fill();
      boost::system::error_code error;
      while (!error && !unread_.empty() && !parser.is_done())
        unread_.erase(0, parser.put(boost::asio::buffer(unread_), error));
      if (error && error != boost::beast::http::error::need_more) throw boost::system::system_error(error);
      if (ended_ && unread_.empty() && !parser.is_done()) {
        parser.put_eof(error);
        if (error || !parser.is_done()) throw std::runtime_error("the response ended too early");
      }
      return parser.is_done();
    });
    return parser.release();
  }

  [[nodiscard]] HttpResponse ask(const std::string& text) {
    write(text);
    return read();
  }
  [[nodiscard]] HttpResponse get(const std::string& target) {
    return ask("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }

  /// All that comes until the other side closes.
  [[nodiscard]] std::string read_to_end() {
    loop_.until([&] { return ended(); });
    return std::exchange(unread_, {});
  }

  /// Whether the other side has closed, politely or not; what it sent before can still be read.
  [[nodiscard]] bool ended() {
    fill();
    return ended_;
  }

  [[nodiscard]] const std::string& unread() {
    fill();
    return unread_;
  }

  /// No more is sent from here.
  void finish() { socket_.shutdown(Protocol::socket::shutdown_send); }
  void close() { socket_.close(); }

 private:
  void fill() {
    std::array<char, 65536> block;
    boost::system::error_code error;
    while (!ended_ && !error) {
      const std::size_t size = socket_.read_some(boost::asio::buffer(block), error);
      unread_.append(block.data(), size);
      ended_ = error && error != boost::asio::error::would_block;
    }
  }

  EventLoop& loop_;
  Protocol::socket socket_;
  std::string unread_;
  bool ended_ = false;
};

/// A listener on loopback and a control socket, bound and started.
struct HttpProbe {
  static std::vector<net::Prefix> anybody() {
    return {net::Prefix::parse("0.0.0.0/0").value(), net::Prefix::parse("::/0").value()};
  }

  explicit HttpProbe(const status::HttpLimits& limits = {}, const std::vector<net::Prefix>& allow = anybody(),
                     const char* address = "127.0.0.1")
      : handler(loop),
        listener(status::HttpListener::open(loop.io, loopback(address), allow, handler, limits).value()),
        control(status::ControlSocket::open(loop.io, folder / "control", handler, limits).value()) {
    listener->start();
    control->start();
  }

  [[nodiscard]] HttpClient tcp(int receive_buffer = 0) {
    return {loop, listener->at().tcp(), receive_buffer};
  }
  [[nodiscard]] HttpClient local() {
    return {loop, boost::asio::local::stream_protocol::endpoint(control->path())};
  }
  /// What a client gets that says this and nothing else.
  [[nodiscard]] HttpResponse over_tcp(const std::string& text) { return tcp().ask(text); }

  void await_requests(std::size_t count) {
    loop.until([&] { return handler.seen.size() >= count; });
  }
  void await_connections(std::size_t count) {
    loop.until([&] { return listener->open_connections() == count; });
  }

  EventLoop loop;
  TemporaryFolder folder;
  ScriptedRequests handler;
  std::unique_ptr<status::HttpListener> listener;
  std::unique_ptr<status::ControlSocket> control;
};

}  // namespace pacedns::test
