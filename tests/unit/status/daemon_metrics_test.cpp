#include <gmock/gmock.h>

#include "pacedns/status/metric_groups.hpp"

#include "support/full_report.hpp"
#include "unit/status/metric_lookup.hpp"

namespace pacedns::status {
namespace {

TEST(DaemonMetrics, GaugesAreWhatTheReportSays) {
  const Report report = test::full_report();
  const MetricGroup group = daemon_metrics();
  EXPECT_DOUBLE_EQ(gauge_in(group, "pacedns_uptime_seconds", report), 90.5);
  EXPECT_EQ(gauge_in(group, "pacedns_workers", report), 2);
  EXPECT_EQ(gauge_in(group, "pacedns_log_lost_lines_total", report), 35);
  EXPECT_EQ(gauge_in(group, "pacedns_status_refused_connections_total", report), 36);
}

TEST(DaemonMetrics, ReloadsHaveAResult) {
  const MetricGroup group = daemon_metrics();
  EXPECT_EQ(counter_in(group, "pacedns_reloads_total", "success"), metrics::Counter::Reloads);
  EXPECT_EQ(counter_in(group, "pacedns_reloads_total", "failure"), metrics::Counter::ReloadsFailed);
}

TEST(DaemonMetrics, TheVersionIsALabel) {
  const auto source = std::get<InfoSource>(source_in(daemon_metrics(), "pacedns_build_info"));
  EXPECT_THAT(source(test::full_report()), testing::ElementsAre("0.1.0"));
}

}  // namespace
}  // namespace pacedns::status
