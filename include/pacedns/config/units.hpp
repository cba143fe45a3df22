#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "pacedns/base/time.hpp"
#include "pacedns/config/problem.hpp"

// Durations (ns, us, ms, s, m, h, d) and sizes (B, KiB, MiB, GiB) as users write them: a decimal number and
// a unit without a space between them. Only 0 may go without a unit. Values are exact, never rounded.

namespace pacedns::config {

[[nodiscard]] ParseResult<Duration> parse_duration(std::string_view text);

/// In the largest unit that needs no fraction: `300ms`, `90s`, `1d`.
[[nodiscard]] std::string format_duration(Duration duration);

/// In bytes.
[[nodiscard]] ParseResult<std::size_t> parse_size(std::string_view text);

/// In the largest unit that needs no fraction: `64MiB`, `1536KiB`, `0`.
[[nodiscard]] std::string format_size(std::size_t size);

}  // namespace pacedns::config
