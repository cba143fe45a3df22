#pragma once

#include <chrono>
#include <cstdint>

// Time as everything below the event loop sees it: an argument. Only the handlers that the event loop
// calls read the clock, once a wake-up, with `steady_now()`; they pass the result down.

namespace pacedns {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

/// Later than any time that occurs; "no deadline".
inline constexpr TimePoint kNever = TimePoint::max();

[[nodiscard]] inline TimePoint steady_now() {
  return Clock::now();
}

/// Whole seconds since the steady clock's epoch, rounded down: the unit in which TTLs age.
[[nodiscard]] constexpr std::int64_t whole_seconds(TimePoint time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace pacedns
