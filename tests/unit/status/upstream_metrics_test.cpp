#include <gmock/gmock.h>

#include "pacedns/status/metric_groups.hpp"

#include "support/full_report.hpp"
#include "unit/status/metric_lookup.hpp"

namespace pacedns::status {
namespace {

using metrics::UpstreamCounter;

UpstreamCounter counter(std::string_view name, std::string_view label_value) {
  return std::get<UpstreamCounter>(source_in(upstream_metrics(), name, label_value));
}

std::optional<double> value(std::string_view name, std::string_view label_value,
                            const UpstreamReport& upstream) {
  return std::get<UpstreamGaugeSource>(source_in(upstream_metrics(), name, label_value))(upstream);
}

TEST(UpstreamMetrics, OnlyTheStateThatItIsInIsOne) {
  UpstreamReport upstream = test::full_upstream(0);
  for (const health::State state : {health::State::Up, health::State::Suspect, health::State::Down}) {
    upstream.state = state;
    for (const std::string_view each : {"up", "suspect", "down"}) {
      EXPECT_EQ(value("pacedns_upstream_state", each, upstream), each == health::name(state) ? 1 : 0)
          << each << " in state " << health::name(state);
    }
  }
}

TEST(UpstreamMetrics, AnUnmeasuredUpstreamHasNoSmoothedRtt) {
  UpstreamReport upstream = test::full_upstream(0);
  EXPECT_DOUBLE_EQ(*value("pacedns_upstream_smoothed_rtt_seconds", "", upstream), 0.05);
  upstream.smoothed_rtt.reset();
  EXPECT_FALSE(value("pacedns_upstream_smoothed_rtt_seconds", "", upstream));
}

TEST(UpstreamMetrics, CountersStandUnderTheirLabels) {
  EXPECT_EQ(counter("pacedns_upstream_queries_total", "active"), UpstreamCounter::QueriesActiveTier);
  EXPECT_EQ(counter("pacedns_upstream_queries_total", "second"), UpstreamCounter::QueriesSecondTier);
  EXPECT_EQ(counter("pacedns_upstream_queries_total", "probe"), UpstreamCounter::QueriesProbe);
  EXPECT_EQ(counter("pacedns_upstream_replies_total", "usable"), UpstreamCounter::RepliesUsable);
  EXPECT_EQ(counter("pacedns_upstream_replies_total", "failure"), UpstreamCounter::RepliesFailure);
  EXPECT_EQ(counter("pacedns_upstream_replies_total", "truncated"), UpstreamCounter::RepliesTruncated);
  EXPECT_EQ(counter("pacedns_upstream_replies_total", "no_edns"), UpstreamCounter::RepliesNoEdns);
  EXPECT_EQ(counter("pacedns_upstream_failures_total", "network_error"), UpstreamCounter::NetworkErrors);
  EXPECT_EQ(counter("pacedns_upstream_failures_total", "no_reply"), UpstreamCounter::Silences);
  EXPECT_EQ(counter("pacedns_upstream_wins_total", ""), UpstreamCounter::Wins);
  EXPECT_EQ(counter("pacedns_upstream_mismatches_total", ""), UpstreamCounter::Mismatches);
}

TEST(UpstreamMetrics, InformationFollowsItsLabels) {
  const MetricGroup group = upstream_metrics();
  EXPECT_THAT(metric_in(group, "pacedns_upstream_info").labels, testing::ElementsAre("address", "source"));
  const auto source = std::get<UpstreamInfoSource>(source_in(group, "pacedns_upstream_info"));
  EXPECT_THAT(source(test::full_upstream(1)), testing::ElementsAre("udp://192.0.2.2:53", "servers"));
}

TEST(UpstreamMetrics, AllOfThemTogetherAreNotOfEachUpstream) {
  for (const Metric& metric : upstream_metrics().metrics)
    EXPECT_TRUE(metric.of_each_upstream()) << metric.name;
  for (const Metric& metric : all_upstreams_metrics().metrics)
    EXPECT_FALSE(metric.of_each_upstream()) << metric.name;
}

}  // namespace
}  // namespace pacedns::status
