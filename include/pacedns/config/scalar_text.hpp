#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

#include "pacedns/config/problem.hpp"
#include "pacedns/config/units.hpp"

// The ways a tunable is written in the configuration file.

namespace pacedns::config {

/// Decimal digits and nothing else.
struct IntegerText {
  static constexpr std::string_view kType = "integer";

  template <std::unsigned_integral T>
  [[nodiscard]] static ParseResult<T> parse(std::string_view text) {
    T value = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc::result_out_of_range && stopped == end) return Problem{"is out of range", {}};
    if (error != std::errc{} || stopped != end) return Problem{"is not a whole number", {}};
    return value;
  }

  [[nodiscard]] static std::string format(std::size_t value) { return std::to_string(value); }
};

struct SizeText {
  static constexpr std::string_view kType = "size";

  template <std::same_as<std::size_t> T>
  [[nodiscard]] static ParseResult<T> parse(std::string_view text) {
    return parse_size(text);
  }

  [[nodiscard]] static std::string format(std::size_t value) { return format_size(value); }
};

/// T may be coarser than the text can express; what does not fit is an error, never rounded.
struct DurationText {
  static constexpr std::string_view kType = "duration";

  template <typename T>
  [[nodiscard]] static ParseResult<T> parse(std::string_view text) {
    const auto exact = parse_duration(text);
    if (!exact) return exact.error();
    const T value = std::chrono::duration_cast<T>(exact.value());
    if (value != exact.value()) return Problem{"is not a whole number of seconds", {}};
    return value;
  }

  [[nodiscard]] static std::string format(Duration value) { return format_duration(value); }
};

}  // namespace pacedns::config
