#pragma once

#include <boost/asio/awaitable.hpp>

#include "pacedns/status/http_message.hpp"

namespace pacedns::status {

/// What is served. Called in the thread of the listener's event loop, for several connections in turn: one
/// call may wait while another is made. It outlives the event loop's operations: a call goes on when its
/// connection or its listener has been closed, and its response is then dropped.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  /// What it throws becomes status 500 and a warning.
  virtual boost::asio::awaitable<Response> handle(Request request) = 0;
};

}  // namespace pacedns::status
