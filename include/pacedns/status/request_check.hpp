#pragma once

#include <optional>
#include <variant>

#include <boost/beast/http/message.hpp>
#include <boost/system/error_code.hpp>

#include "pacedns/status/http_message.hpp"
#include "pacedns/status/http_service.hpp"

namespace pacedns::status {

/// A request that is not served. Where its end is not known for sure the connection is closed after it.
struct Refusal {
  Response response;
  bool close = true;
};

/// Everything that has to hold before a handler sees a request: no body, a host that is ours, a method that
/// is offered there, a target that can be read.
[[nodiscard]] std::variant<Request, Refusal> check_request(const boost::beast::http::request_header<>& head,
                                                           const HttpService& service);

/// What a client is told whose request could not be read; nothing where there is nobody to tell, as when it
/// has gone or was too slow.
[[nodiscard]] std::optional<Refusal> refusal_of(const boost::system::error_code& error);

}  // namespace pacedns::status
