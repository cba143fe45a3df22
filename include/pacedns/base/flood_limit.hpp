#pragma once

#include <cstdint>
#include <optional>

#include "pacedns/base/time.hpp"

namespace pacedns {

/// Lets the first of a flood of equal events through, then one an interval, and counts those in between.
/// For log lines that outside events can trigger. Not thread-safe.
class FloodLimit {
 public:
  explicit FloodLimit(Duration interval = std::chrono::seconds(10)) : interval_(interval) {}

  /// The number of events swallowed since the last one let through, when this one may pass.
  [[nodiscard]] std::optional<std::uint64_t> pass(TimePoint now) {
    if (now < next_) {
      ++swallowed_;
      return std::nullopt;
    }
    next_ = now + interval_;
    const std::uint64_t swallowed = swallowed_;
    swallowed_ = 0;
    return swallowed;
  }

 private:
  Duration interval_;
  TimePoint next_ = TimePoint::min();
  std::uint64_t swallowed_ = 0;
};

}  // namespace pacedns
