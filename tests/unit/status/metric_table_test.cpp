#include "pacedns/status/metric_table.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace pacedns::status {
namespace {

std::vector<Metric> all_metrics() {
  std::vector<Metric> all;
  for (const MetricGroup& group : metric_table())
    all.insert(all.end(), group.metrics.begin(), group.metrics.end());
  return all;
}

/// How many series show each counter of this kind.
template <typename Index>
std::map<Index, int> series_by_counter() {
  std::map<Index, int> series;
  for (const Metric& metric : all_metrics()) {
    for (const MetricSeries& each : metric.series) {
      if (const auto* counter = std::get_if<Index>(&each.source)) ++series[*counter];
    }
  }
  return series;
}

TEST(MetricTable, ShowsEveryCounterOnce) {
  const auto series = series_by_counter<metrics::Counter>();
  for (std::size_t i = 0; i < metrics::kCounterCount; ++i) {
    const auto counter = static_cast<metrics::Counter>(i);
    ASSERT_TRUE(series.contains(counter)) << name(counter) << " is in no metric";
    EXPECT_EQ(series.at(counter), 1) << name(counter);
  }
}

TEST(MetricTable, ShowsEveryCounterOfAnUpstreamOnce) {
  const auto series = series_by_counter<metrics::UpstreamCounter>();
  for (std::size_t i = 0; i < metrics::kUpstreamCounterCount; ++i) {
    const auto counter = static_cast<metrics::UpstreamCounter>(i);
    ASSERT_TRUE(series.contains(counter)) << "UpstreamCounter " << i << " is in no metric";
    EXPECT_EQ(series.at(counter), 1) << "UpstreamCounter " << i;
  }
}

TEST(MetricTable, NamesAreUniqueAndBearOurPrefix) {
  std::set<std::string_view> names;
  for (const Metric& metric : all_metrics()) {
    EXPECT_TRUE(metric.name.starts_with("pacedns_")) << metric.name;
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_EQ(metric.name.ends_with("_total"), metric.type == MetricType::Counter) << metric.name;
  }
}

TEST(MetricTable, MeaningsAreSentencesThatFitATableRow) {
  for (const Metric& metric : all_metrics()) {
    EXPECT_TRUE(metric.meaning.ends_with(".")) << metric.name;
    EXPECT_EQ(metric.help().find_first_of("|\n\\"), std::string::npos) << metric.name;
  }
}

bool is_information(const MetricSource& source) {
  return std::holds_alternative<InfoSource>(source) || std::holds_alternative<UpstreamInfoSource>(source);
}

TEST(MetricTable, SeriesOfAMetricAreToldApartByItsLabel) {
  for (const Metric& metric : all_metrics()) {
    ASSERT_FALSE(metric.series.empty()) << metric.name;
    if (is_information(metric.series.front().source)) {
      EXPECT_EQ(metric.series.size(), 1U) << metric.name;
      EXPECT_TRUE(metric.name.ends_with("_info")) << metric.name;
      continue;
    }
    EXPECT_EQ(metric.labels.empty(), metric.series.size() == 1) << metric.name;
    EXPECT_LE(metric.labels.size(), 1U) << metric.name;
    std::set<std::string_view> values;
    for (const MetricSeries& each : metric.series) {
      EXPECT_EQ(each.label_value.empty(), metric.labels.empty()) << metric.name;
      EXPECT_TRUE(values.insert(each.label_value).second) << metric.name << ": " << each.label_value;
    }
  }
}

TEST(MetricTable, AllSeriesOfAMetricAreOfTheSameKind) {
  for (const Metric& metric : all_metrics()) {
    for (const MetricSeries& each : metric.series)
      EXPECT_EQ(each.source.index(), metric.series.front().source.index()) << metric.name;
  }
}

TEST(MetricTable, BeginsWithTheIndicators) {
  EXPECT_EQ(metric_table().front().title, "Indicators");
}

}  // namespace
}  // namespace pacedns::status
