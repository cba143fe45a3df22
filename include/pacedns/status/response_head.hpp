#pragma once

#include <ctime>
#include <string>

#include <boost/beast/http/message.hpp>

#include "pacedns/status/http_message.hpp"

namespace pacedns::status {

/// Status line and header fields, but for those that say where the body and the connection end. Each response
/// forbids browsers all that the page does not need: content from elsewhere, frames, guessing at types,
/// keeping a copy.
void fill_head(boost::beast::http::response_header<>& head, const Response& response, std::time_t now);

/// As in `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7).
[[nodiscard]] std::string http_date(std::time_t time);

}  // namespace pacedns::status
