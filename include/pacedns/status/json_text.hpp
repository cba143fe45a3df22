#pragma once

#include <string>

#include <boost/json/object.hpp>

namespace pacedns::status {

/// The object as text, on one line. Boost.JSON writes strings as they are, and paths and what clients sent
/// may hold any octet: what is no UTF-8 (RFC 3629) becomes U+FFFD, since JSON is nothing else (RFC 8259
/// section 8.1).
[[nodiscard]] std::string json_text(const boost::json::object& object);

}  // namespace pacedns::status
