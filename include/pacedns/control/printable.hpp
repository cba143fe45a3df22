#pragma once

#include <string>
#include <string_view>

// What comes from the network must not reach a terminal as anything but text: its escape sequences could
// rewrite what is on the screen.

namespace pacedns::control {

/// Printable ASCII as it is, any other octet as \DDD (as in presentation format, RFC 1035 section 5.1).
[[nodiscard]] std::string printable(std::string_view text);

/// JSON with the same meaning and nothing but printable ASCII in it: all else as \u and four digits. What is
/// no UTF-8 becomes \ufffd.
[[nodiscard]] std::string printable_json(std::string_view json);

}  // namespace pacedns::control
