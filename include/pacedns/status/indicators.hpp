#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "pacedns/metrics/counters.hpp"
#include "pacedns/status/report.hpp"

namespace pacedns::status {

/// A figure that tells whether the two tiers do what they are for, and the target it is held against.
struct Indicator {
  enum class Target : std::uint8_t { Above, Below };

  std::string_view id;
  std::string_view title;
  std::string_view unit;  ///< `ratio` (0..1) or `ms`
  Target target = Target::Above;
  double limit = 0;                ///< in `unit`; a value that equals it misses the target
  std::optional<double> value{};   ///< nothing without data
  std::optional<double> median{};  ///< beside the value where that is a p99: the p50

  /// Nothing without data.
  [[nodiscard]] std::optional<bool> met() const;
};

enum class IndicatorId : std::uint8_t {
  ActiveTierAnswers,
  SecondTierBeforeAnswer,
  BackgroundCollected,
  LaunchPeak,
  MissLatency,
};

inline constexpr std::size_t kIndicatorCount = static_cast<std::size_t>(IndicatorId::MissLatency) + 1;

/// All of them, in the order in which they are shown.
struct Indicators {
  std::array<Indicator, kIndicatorCount> list;

  [[nodiscard]] const Indicator& operator[](IndicatorId id) const {
    return list[static_cast<std::size_t>(id)];
  }
};

/// `window` is what was counted in the time that they are to be about, as a rule the last five minutes;
/// `now` has the peak of launches and the upstreams to hold it against.
[[nodiscard]] Indicators indicators(const metrics::Snapshot& window, const Report& now);

}  // namespace pacedns::status
