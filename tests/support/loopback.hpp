#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/socket_base.hpp>

#include "pacedns/base/time.hpp"
#include "pacedns/net/endpoint.hpp"

#include "support/message_builder.hpp"

// The other end of our sockets, on loopback and in the same thread: a test runs the event loop until what it
// waits for has come. Nothing is measured; how long it takes only matters to `kPatience`.

namespace pacedns::test {

inline constexpr auto kPatience = std::chrono::seconds(30);

[[nodiscard]] inline net::Endpoint loopback(const char* address = "127.0.0.1", std::uint16_t port = 0) {
  return {boost::asio::ip::make_address(address), port};
}

/// What the code under test runs in.
class EventLoop {
 public:
  /// Runs it until `done()` is true; throws when that does not come.
  template <typename Done>
  void until(Done done) {
    const TimePoint deadline = steady_now() + kPatience;
    while (!done()) {
      if (steady_now() >= deadline) throw std::runtime_error("what the test waits for did not come");
      io.restart();
      io.run_one_for(std::chrono::milliseconds(2));
    }
  }

  /// Runs what can be run at once.
  void settle() {
    do
      io.restart();
    while (io.poll() > 0);
  }

  boost::asio::io_context io{1};
};

[[nodiscard]] inline bool ipv6_there() {
  boost::asio::io_context io;
  boost::asio::ip::udp::socket socket(io);
  boost::system::error_code error;
  socket.open(boost::asio::ip::udp::v6(), error);
  if (!error) socket.bind(loopback("::1").udp(), error);
  return !error;
}

/// A UDP socket of a client, of an upstream or of an attacker.
class Datagrams {
 public:
  struct Received {
    Octets message;
    boost::asio::ip::udp::endpoint from;
  };

  explicit Datagrams(EventLoop& loop, const net::Endpoint& at = loopback())
      : loop_(loop), socket_(loop.io, at.udp()) {
    socket_.non_blocking(true);
    socket_.set_option(boost::asio::socket_base::receive_buffer_size(1 << 20));
  }

  /// From now on only what comes from there is received.
  Datagrams& connect(const net::Endpoint& to) { return socket_.connect(to.udp()), *this; }

  [[nodiscard]] net::Endpoint at() const {
    return {socket_.local_endpoint().address(), socket_.local_endpoint().port()};
  }
  [[nodiscard]] boost::asio::ip::udp::socket& socket() { return socket_; }

  void send(const Octets& message, const net::Endpoint& to) { send(message, to.udp()); }
  void send(const Octets& message, const boost::asio::ip::udp::endpoint& to) {
    socket_.send_to(boost::asio::buffer(message), to);
  }

  /// One that is there already.
  [[nodiscard]] std::optional<Received> take() {
    Received received{Octets(65535), {}};
    boost::system::error_code error;
    const std::size_t size =
        socket_.receive_from(boost::asio::buffer(received.message), received.from, 0, error);
    if (error) return std::nullopt;
    received.message.resize(size);
    return received;
  }

  [[nodiscard]] Received receive() {
    std::optional<Received> received;
    loop_.until([&] { return (received = take()).has_value(); });
    return *std::move(received);
  }

 private:
  EventLoop& loop_;
  boost::asio::ip::udp::socket socket_;
};

/// One end of a TCP connection that carries messages behind their length.
class Stream {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  Stream(EventLoop& loop, Socket socket) : loop_(loop), socket_(std::move(socket)) {
    socket_.non_blocking(true);
  }

  /// Connects; `receive_buffer`: so much is taken by the kernel without being read.
  Stream(EventLoop& loop, const net::Endpoint& to, int receive_buffer = 0) : loop_(loop), socket_(loop.io) {
    socket_.open(to.tcp().protocol());
    if (receive_buffer != 0) {
      socket_.set_option(boost::asio::socket_base::receive_buffer_size(receive_buffer));
    }
    socket_.connect(to.tcp());
    socket_.non_blocking(true);
    socket_.set_option(boost::asio::ip::tcp::no_delay(true));
  }

  /// As it is, in as many pieces as the other side makes room for.
  void write(const Octets& octets) {
    std::size_t written = 0;
    loop_.until([&] {
      written += write_some(octets, written);
      return written == octets.size();
    });
  }

  /// Each octet for itself, so that the other side sees every possible cut.
  void write_slowly(const Octets& octets) {
    for (const std::uint8_t octet : octets) {
      write({octet});
      loop_.settle();
    }
  }

  /// What the kernel takes at once.
  std::size_t write_some(const Octets& octets, std::size_t from = 0) {
    boost::system::error_code error;
    return socket_.write_some(boost::asio::buffer(octets) + from, error);
  }

  /// The next message without its length.
  [[nodiscard]] Octets read() {
    std::optional<Octets> message;
    loop_.until([&] { return (message = take()).has_value(); });
    return *std::move(message);
  }

  /// One that is there already.
  [[nodiscard]] std::optional<Octets> take() {
    fill();
    if (unread_.size() < 2) return std::nullopt;
    const std::size_t size = 2 + (std::size_t{unread_[0]} << 8) + unread_[1];
    if (unread_.size() < size) return std::nullopt;
    const auto end = unread_.begin() + static_cast<std::ptrdiff_t>(size);
    Octets message(unread_.begin() + 2, end);
    unread_.erase(unread_.begin(), end);
    return message;
  }

  /// Whether the other side has closed, politely or not; what it sent before may still be read.
  [[nodiscard]] bool ended() {
    fill();
    return ended_;
  }

  /// No more is sent from here (FIN).
  void finish() { socket_.shutdown(Socket::shutdown_send); }

  /// Goes without a farewell (RST).
  void reset() {
    socket_.set_option(boost::asio::socket_base::linger(true, 0));
    socket_.close();
  }
  void close() { socket_.close(); }

  [[nodiscard]] Socket& socket() { return socket_; }

 private:
  void fill() {
    Octets block(65536);
    boost::system::error_code error;
    while (!ended_ && !error) {
      const std::size_t size = socket_.read_some(boost::asio::buffer(block), error);
      unread_.insert(unread_.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size));
      ended_ = error && error != boost::asio::error::would_block;
    }
  }

  EventLoop& loop_;
  Socket socket_;
  Octets unread_;
  bool ended_ = false;
};

/// A listening TCP socket of an upstream.
class StreamAcceptor {
 public:
  explicit StreamAcceptor(EventLoop& loop, const net::Endpoint& at = loopback())
      : loop_(loop), acceptor_(loop.io, at.tcp()) {
    acceptor_.non_blocking(true);
  }

  [[nodiscard]] net::Endpoint at() const {
    return {acceptor_.local_endpoint().address(), acceptor_.local_endpoint().port()};
  }

  /// The next connection.
  [[nodiscard]] Stream accept() {
    Stream::Socket socket(loop_.io);
    loop_.until([&] { return take(socket); });
    return {loop_, std::move(socket)};
  }

  /// Whether a connection is there that nobody has accepted; it is dropped.
  [[nodiscard]] bool another() {
    loop_.settle();
    Stream::Socket socket(loop_.io);
    return take(socket);
  }

  void close() { acceptor_.close(); }

 private:
  [[nodiscard]] bool take(Stream::Socket& socket) {
    boost::system::error_code error;
    acceptor_.accept(socket, error);
    return !error;
  }

  EventLoop& loop_;
  boost::asio::ip::tcp::acceptor acceptor_;
};

}  // namespace pacedns::test
