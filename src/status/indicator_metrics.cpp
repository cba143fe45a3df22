#include <array>
#include <charconv>
#include <string>

#include "pacedns/status/metric_groups.hpp"

namespace pacedns::status {
namespace {

/// A value of the indicator, in the base unit that metrics have.
double in_base_unit(const Indicator& indicator, double value) {
  return indicator.unit == "ms" ? value / 1000 : value;
}

template <IndicatorId kId>
std::optional<double> value(const Indicators& all) {
  const Indicator& indicator = all[kId];
  if (!indicator.value) return std::nullopt;
  return in_base_unit(indicator, *indicator.value);
}

template <IndicatorId kId>
std::optional<double> median(const Indicators& all) {
  const Indicator& indicator = all[kId];
  if (!indicator.median) return std::nullopt;
  return in_base_unit(indicator, *indicator.median);
}

std::string target(IndicatorId id) {
  const Indicator indicator = indicators({}, {})[id];
  std::array<char, 32> digits{};
  char* const end =
      std::to_chars(digits.data(), digits.data() + digits.size(), in_base_unit(indicator, indicator.limit))
          .ptr;
  return (indicator.target == Indicator::Target::Above ? "above " : "below ") +
         std::string(digits.data(), end);
}

template <IndicatorId kId>
Metric gauge(std::string_view name, std::string_view meaning) {
  return {.name = name,
          .type = MetricType::Gauge,
          .labels = {},
          .meaning = meaning,
          .series = {{"", &value<kId>}},
          .target = target(kId)};
}

}  // namespace

MetricGroup indicator_metrics() {
  Metric miss_latency_median = gauge<IndicatorId::MissLatency>(
      "pacedns_indicator_miss_latency_p50_seconds",
      "Time that half of the responses from upstreams took at most, over the last five minutes.");
  miss_latency_median.series = {{"", &median<IndicatorId::MissLatency>}};
  miss_latency_median.target.clear();
  return {
      "Indicators",
      "Five figures tell whether the two tiers do what they are for; the p50 stands beside the p99. They are "
      "NaN "
      "while there was nothing to count.",
      {
          gauge<IndicatorId::ActiveTierAnswers>("pacedns_indicator_active_tier_answers_ratio",
                                                "Flights that were answered by the active tier, of all that "
                                                "were answered in the last five minutes."),
          gauge<IndicatorId::SecondTierBeforeAnswer>(
              "pacedns_indicator_second_tier_before_answer_ratio",
              "Flights in which the second tier started before an answer (all asked had failed, or "
              "fallback_timeout had passed), of all that started in the last five minutes."),
          gauge<IndicatorId::BackgroundCollected>(
              "pacedns_indicator_background_collected_ratio",
              "Usable replies before total_collect_timeout, to queries that were under way when the clients "
              "were answered or were launched after that, of the last five minutes."),
          gauge<IndicatorId::LaunchPeak>(
              "pacedns_indicator_launch_peak_ratio",
              "The most queries that were launched at once for one question, against the number of "
              "upstreams, since the start, the last reload or the last change of upstreams. An active tier "
              "of two cannot meet the target with four upstreams or less."),
          gauge<IndicatorId::MissLatency>(
              "pacedns_indicator_miss_latency_p99_seconds",
              "Time that 99 of 100 responses from upstreams took at most, over the last five minutes."),
          miss_latency_median,
      }};
}

}  // namespace pacedns::status
