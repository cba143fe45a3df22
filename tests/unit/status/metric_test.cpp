#include "pacedns/status/metric.hpp"

#include <gtest/gtest.h>

namespace pacedns::status {
namespace {

Metric from(MetricSource source) {
  return {.name = "pacedns_example_total", .meaning = "What it says.", .series = {{"", source}}};
}

TEST(Metric, IsOfEachUpstreamWhereItsSourceIs) {
  EXPECT_FALSE(from(metrics::Counter::CacheHits).of_each_upstream());
  EXPECT_FALSE(from(GaugeSource([](const Report&) { return 1.0; })).of_each_upstream());
  EXPECT_TRUE(from(metrics::UpstreamCounter::Wins).of_each_upstream());
  EXPECT_TRUE(from(UpstreamGaugeSource([](const UpstreamReport&) -> std::optional<double> {
                return 1.0;
              })).of_each_upstream());
}

TEST(Metric, HelpTellsTheTargetToo) {
  Metric metric = from(metrics::Counter::CacheHits);
  EXPECT_EQ(metric.help(), "What it says.");
  metric.target = "above 0.8";
  EXPECT_EQ(metric.help(), "What it says. Target: above 0.8.");
}

TEST(Metric, TypesAreNamedAsPrometheusDoes) {
  EXPECT_EQ(name(MetricType::Counter), "counter");
  EXPECT_EQ(name(MetricType::Gauge), "gauge");
  EXPECT_EQ(name(MetricType::Histogram), "histogram");
}

}  // namespace
}  // namespace pacedns::status
