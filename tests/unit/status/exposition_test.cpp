#include "pacedns/status/exposition.hpp"

#include <gmock/gmock.h>

#include "pacedns/status/metric_table.hpp"

#include "support/full_report.hpp"

namespace pacedns::status {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string exposed(const Report& report) {
  return exposition(report, indicators(report.totals, report));
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

Report with_upstream_named(std::string name) {
  Report report = test::full_report(1);
  report.upstreams.front().name = std::move(name);
  return report;
}

TEST(Exposition, EveryMetricHasHelpTypeAndSeries) {
  const std::string text = exposed(test::full_report());
  for (const MetricGroup& group : metric_table()) {
    for (const Metric& metric : group.metrics) {
      const std::string metric_name(metric.name);
      EXPECT_TRUE(has_line(text, "# HELP " + metric_name + " " + metric.help())) << metric_name;
      EXPECT_TRUE(has_line(text, "# TYPE " + metric_name + " " + std::string(name(metric.type))))
          << metric_name;
      const std::string suffix = metric.type == MetricType::Histogram ? "_count" : "";
      const bool labelled = !metric.labels.empty() || metric.of_each_upstream();
      EXPECT_THAT(text, HasSubstr("\n" + metric_name + suffix + (labelled ? "{" : " ")));
    }
  }
}

TEST(Exposition, EveryCounterIsShownUnderItsLabels) {
  const Report report = test::full_report(2);
  const std::string text = exposed(report);
  for (const MetricGroup& group : metric_table()) {
    for (const Metric& metric : group.metrics) {
      for (const MetricSeries& series : metric.series) {
        const std::string label = series.label_value.empty() ? ""
                                                             : std::string(metric.labels.front()) + "=\"" +
                                                                   std::string(series.label_value) + "\"";
        if (const auto* counter = std::get_if<metrics::Counter>(&series.source)) {
          const std::string labels = label.empty() ? "" : "{" + label + "}";
          const std::string line =
              std::string(metric.name) + labels + " " + std::to_string(test::counted(*counter));
          EXPECT_TRUE(has_line(text, line)) << line;
        }
        if (const auto* counter = std::get_if<metrics::UpstreamCounter>(&series.source)) {
          const std::string line = std::string(metric.name) + "{upstream=\"upstream1\"" +
                                   (label.empty() ? "" : "," + label) + "} " +
                                   std::to_string(test::counted(*counter, 1));
          EXPECT_TRUE(has_line(text, line)) << line;
        }
      }
    }
  }
}

TEST(Exposition, BucketsAreCumulativeAndInSeconds) {
  const std::string text = exposed(test::full_report());
  const std::string bucket = "pacedns_response_duration_seconds_bucket{cache=\"miss\",le=";
  EXPECT_TRUE(has_line(text, bucket + "\"0.04\"} 0"));
  EXPECT_TRUE(has_line(text, bucket + "\"0.05\"} 98"));
  EXPECT_TRUE(has_line(text, bucket + "\"0.2\"} 98"));
  EXPECT_TRUE(has_line(text, bucket + "\"0.3\"} 100"));
  EXPECT_TRUE(has_line(text, bucket + "\"+Inf\"} 100"));
  EXPECT_TRUE(has_line(text, "pacedns_response_duration_seconds_count{cache=\"miss\"} 100"));
  EXPECT_TRUE(has_line(text, "pacedns_response_duration_seconds_sum{cache=\"miss\"} 4.91"));
}

TEST(Exposition, WhatIsBehindTheLastBoundIsInTheLastBucketOnly) {
  const std::string text = exposed(test::full_report());
  const std::string bucket = "pacedns_upstream_rtt_seconds_bucket{upstream=\"upstream0\",le=";
  EXPECT_TRUE(has_line(text, bucket + "\"5\"} 9"));
  EXPECT_TRUE(has_line(text, bucket + "\"+Inf\"} 10"));
}

TEST(Exposition, UpstreamsAreDescribed) {
  Report report = test::full_report();
  report.upstreams[2].state = health::State::Down;
  const std::string text = exposed(report);
  EXPECT_TRUE(has_line(
      text,
      "pacedns_upstream_info{upstream=\"upstream2\",address=\"udp://192.0.2.3:53\",source=\"servers\"} 1"));
  EXPECT_TRUE(has_line(text, "pacedns_upstream_state{upstream=\"upstream2\",state=\"down\"} 1"));
  EXPECT_TRUE(has_line(text, "pacedns_upstream_state{upstream=\"upstream2\",state=\"up\"} 0"));
  EXPECT_TRUE(has_line(text, "pacedns_upstream_state{upstream=\"upstream3\",state=\"up\"} 1"));
  EXPECT_TRUE(has_line(text, "pacedns_upstream_smoothed_rtt_seconds{upstream=\"upstream1\"} 0.08"));
  EXPECT_TRUE(has_line(text, "pacedns_build_info{version=\"0.1.0\"} 1"));
}

TEST(Exposition, NamesOfUpstreamsCannotBreakOutOfTheirLabel) {
  const std::string text = exposed(with_upstream_named("a\"} 1\nevil{x=\"\\"));
  EXPECT_THAT(text, HasSubstr(R"(pacedns_upstream_wins_total{upstream="a\"} 1\nevil{x=\"\\"} )"));
  EXPECT_THAT(text, Not(HasSubstr("\nevil")));
}

TEST(Exposition, WithoutDataIndicatorsAreNotANumber) {
  const std::string text = exposed(Report{});
  EXPECT_TRUE(has_line(text, "pacedns_indicator_active_tier_answers_ratio Nan"));
  EXPECT_TRUE(has_line(text, "pacedns_indicator_miss_latency_p99_seconds Nan"));
}

TEST(Exposition, WithoutUpstreamsAndMeasurementsHasNoSeriesOfThem) {
  EXPECT_THAT(exposed(Report{}), Not(HasSubstr("upstream=\"")));
  Report report = test::full_report(1);
  report.upstreams.front().smoothed_rtt.reset();
  EXPECT_THAT(exposed(report), Not(HasSubstr("\npacedns_upstream_smoothed_rtt_seconds{")));
}

TEST(Exposition, LargeCountersStayExact) {
  Report report;
  report.totals.counters[static_cast<std::size_t>(metrics::Counter::CacheHits)] = 9'007'199'254'740'991;
  EXPECT_TRUE(has_line(exposed(report), "pacedns_cache_hits_total 9007199254740991"));
}

}  // namespace
}  // namespace pacedns::status
