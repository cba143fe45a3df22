#pragma once

// One TCP connection: frames in, frames out (RFC 1035 §4.2.2). Holds no coroutine; tcp_server drives it.

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "pacedns/base/bytes.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/net/endpoint.hpp"

namespace pacedns::simulator {

struct TcpSession {
  TcpSession(boost::asio::ip::tcp::socket connection, net::Endpoint from, std::uint64_t number)
      : socket(std::move(connection)), peer(from), id(number) {}

  /// Takes the next whole message out of `received`.
  [[nodiscard]] std::optional<std::vector<std::uint8_t>> next_frame() {
    if (received.size() < 2) return std::nullopt;
    const std::size_t size = std::size_t{received[0]} << 8 | received[1];
    if (received.size() < 2 + size) return std::nullopt;
    const auto begin = received.begin() + 2;
    const auto end = begin + static_cast<std::ptrdiff_t>(size);
    std::vector<std::uint8_t> frame(begin, end);
    received.erase(received.begin(), end);
    return frame;
  }

  /// Nothing more will be read, and everything that was asked has been answered.
  [[nodiscard]] bool finished() const { return read_ended && pending == 0 && outgoing.empty(); }

  boost::asio::ip::tcp::socket socket;
  net::Endpoint peer;
  std::uint64_t id;
  std::vector<std::uint8_t> received;
  /// Frames to be written, the first one being under way when `writing`.
  std::deque<std::vector<std::uint8_t>> outgoing;
  bool writing = false;
  bool read_ended = false;
  /// Replies that wait in the delay queue.
  std::size_t pending = 0;
  TimePoint last_activity{};
};

}  // namespace pacedns::simulator
