#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include "pacedns/base/time.hpp"
#include "pacedns/control/failure.hpp"
#include "pacedns/control/find_socket.hpp"

namespace pacedns::control {

/// Long for a daemon that answers between two queries, short for somebody who waits at a terminal.
inline constexpr Duration kPatience = std::chrono::seconds(5);

enum class Method : std::uint8_t { Get, Post };

/// What the daemon said to one request.
struct Reply {
  unsigned status;
  std::string body;
};

/// Takes a part of a body; false: it could not, and no more is wanted.
using Sink = std::function<bool(std::string_view)>;

/// Asks the daemon over its control socket: HTTP/1.1, a connection each request, blocking.
class Client {
 public:
  /// `patience` limits each step: connecting, sending, and every wait for more of the reply.
  explicit Client(ControlSocket socket, Duration patience = kPatience);

  [[nodiscard]] boost::system::result<Reply, Failure> request(Method method, std::string_view target) const;

  /// The same, for a reply that has to be JSON; a status of 400 or more is a failure in the daemon's words.
  [[nodiscard]] boost::system::result<boost::json::value, Failure> request_json(
      Method method, std::string_view target) const;

  /// Hands the body over as it comes, however long it is.
  [[nodiscard]] std::optional<Failure> stream(std::string_view target, const Sink& sink) const;

  [[nodiscard]] const ControlSocket& socket() const { return socket_; }

 private:
  ControlSocket socket_;
  Duration patience_;
};

}  // namespace pacedns::control
