#include <gtest/gtest.h>

#include "pacedns/status/metric_groups.hpp"

#include "support/full_report.hpp"
#include "unit/status/metric_lookup.hpp"

namespace pacedns::status {
namespace {

std::optional<double> value(std::string_view name, const Indicators& all) {
  return std::get<IndicatorSource>(source_in(indicator_metrics(), name))(all);
}

TEST(IndicatorMetrics, AreInBaseUnits) {
  const Indicators all = indicators(test::full_snapshot(), test::full_report());
  EXPECT_DOUBLE_EQ(*value("pacedns_indicator_launch_peak_ratio", all), 0.4);
  EXPECT_NEAR(*value("pacedns_indicator_miss_latency_p50_seconds", all), 0.0451, 1e-4);
  EXPECT_NEAR(*value("pacedns_indicator_miss_latency_p99_seconds", all), 0.25, 1e-4);
}

TEST(IndicatorMetrics, ShowTheIndicatorTheyAreNamedAfter) {
  for (const Indicator& indicator : indicators({}, {}).list) {
    if (indicator.unit != "ratio") continue;
    Indicators all = indicators({}, {});
    for (Indicator& each : all.list)
      each.value = each.id == indicator.id ? 0.25 : 0.75;
    EXPECT_EQ(value("pacedns_indicator_" + std::string(indicator.id) + "_ratio", all), 0.25);
  }
}

TEST(IndicatorMetrics, HaveTheirTargetsInBaseUnits) {
  const MetricGroup group = indicator_metrics();
  const auto target = [&](std::string_view name) { return metric_in(group, name).target; };
  EXPECT_EQ(target("pacedns_indicator_active_tier_answers_ratio"), "above 0.8");
  EXPECT_EQ(target("pacedns_indicator_second_tier_before_answer_ratio"), "below 0.2");
  EXPECT_EQ(target("pacedns_indicator_background_collected_ratio"), "above 0.5");
  EXPECT_EQ(target("pacedns_indicator_launch_peak_ratio"), "below 0.5");
  EXPECT_EQ(target("pacedns_indicator_miss_latency_p99_seconds"), "below 0.1");
  EXPECT_EQ(target("pacedns_indicator_miss_latency_p50_seconds"), "");
}

TEST(IndicatorMetrics, HaveNoValueWithoutData) {
  for (const Metric& metric : indicator_metrics().metrics) {
    EXPECT_FALSE(std::get<IndicatorSource>(metric.series.front().source)(indicators({}, {}))) << metric.name;
  }
}

}  // namespace
}  // namespace pacedns::status
