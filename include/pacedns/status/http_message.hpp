#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

// What a handler sees of HTTP (RFC 9110): neither header fields nor connections.

namespace pacedns::status {

/// A request that has passed all checks.
struct Request {
  std::string method{};                             ///< GET, or POST where it is offered
  std::string path{};                               ///< percent-decoded, begins with a slash
  std::map<std::string, std::string> parameters{};  ///< of the query string, percent-decoded
  bool local = false;                               ///< it came over the Unix socket
};

/// Called for the next piece of a body, nothing at its end. It may throw: the client then sees the body end
/// too early.
using NextPiece = std::function<std::optional<std::string>()>;

/// What is sent back. With `more` the body is streamed: `body`, and then each piece, which is written before
/// the next is asked for.
struct Response {
  unsigned status = 200;
  std::string content_type{};
  std::string body{};
  NextPiece more{};
  std::string allow{};  ///< the methods that there are, with status 405
};

/// `{"error": "what happened and what to do"}`. `what` may have any octets, such as those of a request; what
/// is not visible ASCII is written as %XX.
[[nodiscard]] Response json_error(unsigned status, std::string_view what);

}  // namespace pacedns::status
