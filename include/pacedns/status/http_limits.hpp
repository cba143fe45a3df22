#pragma once

#include <chrono>
#include <cstddef>

#include "pacedns/base/time.hpp"

namespace pacedns::status {

/// How much one listener gives to its clients: enough for some pages and scrapers, and bounded, since the
/// daemon's main thread and its memory are shared. They are not for users to set; tests make them small.
struct HttpLimits {
  /// From the connection, or the first octet of a later request, to the end of the request's head: it fits
  /// into a few segments, and sending it slowly holds a connection.
  Duration head_timeout = std::chrono::seconds(5);
  /// From a response to the next request. More than the scraping interval of 15 s that is usual.
  Duration idle_timeout = std::chrono::seconds(30);
  /// For the client to take a response, or a piece of a streamed one.
  Duration write_timeout = std::chrono::seconds(10);
  /// For the client to close after we have: closing while octets are unread would reset the connection, and
  /// with it the response (RFC 9112 section 9.6).
  Duration farewell_timeout = std::chrono::seconds(1);

  std::size_t connections = 64;
  /// Then the connection is closed, and the client makes another: nobody has a place for good.
  std::size_t requests_per_connection = 100;
  /// Request line and header fields; what browsers send, many cookies included.
  std::size_t head_octets = std::size_t{8} << 10;
};

}  // namespace pacedns::status
