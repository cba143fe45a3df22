#pragma once

// The text forms of single values, the same in the script and in control commands. Start-up and control
// only, so errors are exceptions.

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "pacedns/base/time.hpp"

namespace pacedns::simulator {

/// A value that cannot be used; the text says what is allowed.
class ValueError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// `50ms`, `1.5s`, `250us`, `2m`, or `0`. Never negative.
[[nodiscard]] Duration parse_duration(std::string_view text);

/// A share between 0 and 1.
[[nodiscard]] double parse_share(std::string_view text);

/// `true`, `on`, `yes`, or `false`, `off`, `no`.
[[nodiscard]] bool parse_switch(std::string_view text);

/// A whole number from `minimum` to `maximum`.
[[nodiscard]] std::uint32_t parse_number(std::string_view text, std::uint32_t minimum, std::uint32_t maximum);

/// An RCODE's IANA name (`SERVFAIL`, `BADVERS`) or number, up to 4095.
[[nodiscard]] std::uint16_t parse_rcode(std::string_view text);

/// The IANA name, or `RCODE<number>`.
[[nodiscard]] std::string rcode_name(std::uint16_t rcode);

}  // namespace pacedns::simulator
