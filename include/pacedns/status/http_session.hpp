#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include "pacedns/status/http_message.hpp"
#include "pacedns/status/http_service.hpp"

namespace pacedns::status {

/// One client's connection, over TCP or a Unix socket: requests are read one after the other, checked and
/// handed to the handler, and each is answered before the next is looked at, whether it is there already or
/// not. All waiting for the client is bounded in time.
class HttpSession {
 public:
  using Protocol = boost::asio::generic::stream_protocol;

  /// Whom it belongs to.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_request() = 0;
    /// The handler threw, or the body it streams did.
    virtual void on_failure(const std::string& why) = 0;
    virtual void on_session_closed(HttpSession& session) = 0;
  };

  HttpSession(Protocol::socket socket, boost::asio::ip::address peer,
              std::shared_ptr<const HttpService> service, Owner& owner);
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;
  ~HttpSession() { close(); }

  static void start(const std::shared_ptr<HttpSession>& self);

  /// Closes at once. A handler that is at work goes on, its response is dropped.
  void close();

  /// Unspecified on a Unix socket.
  [[nodiscard]] const boost::asio::ip::address& peer() const { return peer_; }

 private:
  using Pointer = std::shared_ptr<HttpSession>;
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;

  /// A response, and how it goes out.
  struct Outgoing {
    Response response;
    unsigned version = 11;
    bool keep_alive = false;
    bool without_body = false;  ///< it answers a HEAD request
  };

  static Awaitable<void> run(Pointer self);
  static Awaitable<void> serve(Pointer self);
  /// Whether the next request has begun to come.
  static Awaitable<bool> await_request(Pointer self);
  /// Reads it; nothing when there is nobody to send a response to.
  static Awaitable<std::optional<Outgoing>> answer_request(Pointer self);
  static Awaitable<Response> handle(Pointer self, Request request);
  /// Whether all of it was taken.
  static Awaitable<bool> write(Pointer self, Outgoing outgoing);
  static Awaitable<bool> write_streamed(Pointer self, Outgoing outgoing);
  static Awaitable<bool> write_piece(Pointer self, std::string piece, bool chunked);
  /// Waits for the client to close too.
  static Awaitable<void> say_farewell(Pointer self);

  [[nodiscard]] bool closed() const { return owner_ == nullptr; }

  boost::beast::basic_stream<Protocol> stream_;
  boost::beast::flat_buffer buffer_;  // what has come and was not read
  boost::asio::ip::address peer_;
  std::shared_ptr<const HttpService> service_;
  Owner* owner_;  // nullptr once closed
  std::size_t requests_ = 0;
};

}  // namespace pacedns::status
