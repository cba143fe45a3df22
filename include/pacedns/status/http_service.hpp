#pragma once

#include <optional>
#include <string>

#include <boost/asio/ip/address.hpp>

#include "pacedns/status/http_limits.hpp"
#include "pacedns/status/request_handler.hpp"

namespace pacedns::status {

/// What the connections of one listener have in common.
struct HttpService {
  RequestHandler& handler;
  std::string name;                                 ///< for the log: address and port, or the socket's path
  std::optional<boost::asio::ip::address> address;  ///< it listens there; none: on a Unix socket
  std::string own_name;                             ///< of this machine, as in `check_host`
  HttpLimits limits;

  [[nodiscard]] bool local() const { return !address.has_value(); }
  [[nodiscard]] const char* methods() const { return local() ? "GET, POST" : "GET"; }
};

}  // namespace pacedns::status
