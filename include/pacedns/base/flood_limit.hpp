#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "pacedns/base/time.hpp"

namespace pacedns {

/// Lets a few of a flood of equal events through in each interval and counts the others. For log lines that
/// outside events can trigger. Not thread-safe.
class FloodLimit {
 public:
  explicit FloodLimit(Duration interval = std::chrono::seconds(10), unsigned events = 1)
      : interval_(interval), events_(events) {}

  /// The number of events swallowed since the last one let through, when this one may pass.
  [[nodiscard]] std::optional<std::uint64_t> pass(TimePoint now) {
    if (now >= interval_end_) {
      interval_end_ = now + interval_;
      passed_ = 0;
    }
    if (passed_ == events_) {
      ++swallowed_;
      return std::nullopt;
    }
    ++passed_;
    return std::exchange(swallowed_, 0);
  }

 private:
  Duration interval_;
  unsigned events_;
  unsigned passed_ = 0;
  TimePoint interval_end_ = TimePoint::min();
  std::uint64_t swallowed_ = 0;
};

}  // namespace pacedns
