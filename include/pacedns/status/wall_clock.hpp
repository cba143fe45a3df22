#pragma once

#include <chrono>

#include "pacedns/base/time.hpp"

namespace pacedns::status {

/// What time it is outside for moments of the steady clock, as both are at one moment. For show only: a wall
/// clock that is set moves what was before.
class WallClock {
 public:
  WallClock(TimePoint now, std::chrono::system_clock::time_point wall) : now_(now), wall_(wall) {}

  [[nodiscard]] TimePoint now() const { return now_; }

  /// Seconds since 1970.
  [[nodiscard]] double seconds_at(TimePoint moment) const {
    const auto then = wall_ - std::chrono::duration_cast<std::chrono::system_clock::duration>(now_ - moment);
    return std::chrono::duration<double>(then.time_since_epoch()).count();
  }

 private:
  TimePoint now_;
  std::chrono::system_clock::time_point wall_;
};

}  // namespace pacedns::status
