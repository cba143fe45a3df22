#include "pacedns/status/indicators.hpp"

#include <algorithm>
#include <chrono>

namespace pacedns::status {
namespace {

using metrics::Counter;
using Target = Indicator::Target;

constexpr Indicators kWithoutData{{{
    {"active_tier_answers", "Misses answered by the active tier", "ratio", Target::Above, 0.8},
    {"second_tier_before_answer", "Misses in which the second tier started before an answer", "ratio",
     Target::Below, 0.2},
    {"background_collected", "Background replies collected before the deadline", "ratio", Target::Above, 0.5},
    {"launch_peak", "Most queries launched at once for one name, against the number of upstreams", "ratio",
     Target::Below, 0.5},
    {"miss_latency", "Client latency of misses, p99", "ms", Target::Below, 100},
}}};

/// At most 1: what a flight counts last may be within the window while what it counted first lies before.
std::optional<double> share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return std::nullopt;
  return std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
}

std::optional<double> milliseconds(const std::optional<Duration>& duration) {
  if (!duration) return std::nullopt;
  return std::chrono::duration<double, std::milli>(*duration).count();
}

std::optional<double> launch_peak(const Report& now) {
  if (now.totals.launch_peak == 0 || now.upstreams.empty()) return std::nullopt;
  return static_cast<double>(now.totals.launch_peak) / static_cast<double>(now.upstreams.size());
}

}  // namespace

std::optional<bool> Indicator::met() const {
  if (!value) return std::nullopt;
  return target == Target::Above ? *value > limit : *value < limit;
}

Indicators indicators(const metrics::Snapshot& window, const Report& now) {
  Indicators all = kWithoutData;
  const auto at = [&all](IndicatorId id) -> Indicator& { return all.list[static_cast<std::size_t>(id)]; };
  const std::uint64_t from_active = window[Counter::AnswersActiveTier];
  at(IndicatorId::ActiveTierAnswers).value =
      share(from_active, from_active + window[Counter::AnswersSecondTier] + window[Counter::AnswersFailed]);
  at(IndicatorId::SecondTierBeforeAnswer).value =
      share(window[Counter::SecondTierAfterFailure] + window[Counter::SecondTierAfterTimeout],
            window[Counter::FlightsStarted]);
  at(IndicatorId::BackgroundCollected).value =
      share(window[Counter::BackgroundReplies], window[Counter::BackgroundQueries]);
  at(IndicatorId::LaunchPeak).value = launch_peak(now);
  at(IndicatorId::MissLatency).value = milliseconds(window.miss_latency.quantile(0.99));
  at(IndicatorId::MissLatency).median = milliseconds(window.miss_latency.quantile(0.5));
  return all;
}

}  // namespace pacedns::status
