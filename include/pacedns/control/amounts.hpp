#pragma once

#include <optional>
#include <string>

// Numbers as people read them. One that is not there is `?`.

namespace pacedns::control {

/// With so many digits behind the point.
[[nodiscard]] std::string decimal_text(std::optional<double> value, int digits);

/// 999999, then 1.0 M.
[[nodiscard]] std::string count_text(std::optional<double> count);

/// 12 B, 1.5 KiB, 64 MiB.
[[nodiscard]] std::string size_text(std::optional<double> bytes);

/// 0.25 is 25.0 %.
[[nodiscard]] std::string ratio_text(std::optional<double> ratio);

/// 0.31 ms, 50.3 ms, 1.20 s.
[[nodiscard]] std::string ms_text(std::optional<double> milliseconds);

/// Whole seconds in their two largest units: 12 s, 4 min 48 s, 2 h 3 min, 5 d 1 h.
[[nodiscard]] std::string duration_text(std::optional<double> seconds);

/// 1 flight, 2 flights.
[[nodiscard]] std::string counted(std::optional<double> count, const std::string& one,
                                  const std::string& many);

}  // namespace pacedns::control
