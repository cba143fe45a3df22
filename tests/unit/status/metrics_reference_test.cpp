#include "pacedns/status/metrics_reference.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "pacedns/status/metric_table.hpp"

namespace pacedns::status {
namespace {

constexpr const char* kPage = PACEDNS_SOURCE_DIR "/docs/METRICS.md";

TEST(MetricsReference, IsWhatTheManualSays) {
  if (std::getenv("PACEDNS_UPDATE_DOCS") != nullptr) std::ofstream(kPage) << metrics_reference();
  std::ostringstream page;
  page << std::ifstream(kPage).rdbuf();
  EXPECT_TRUE(page.str() == metrics_reference())
      << "docs/METRICS.md is not what the table of metrics says. Run this test once more with "
         "PACEDNS_UPDATE_DOCS=1 in the environment, which writes the page, and look at the difference.";
}

TEST(MetricsReference, HasARowForEachMetric) {
  const std::string page = metrics_reference();
  for (const MetricGroup& group : metric_table()) {
    EXPECT_THAT(page, testing::HasSubstr("\n## " + std::string(group.title) + "\n"));
    for (const Metric& metric : group.metrics)
      EXPECT_THAT(page, testing::HasSubstr("\n| `" + std::string(metric.name) + "` | "));
  }
}

TEST(MetricsReference, SaysLabelsValuesAndTargets) {
  const std::string page = metrics_reference();
  EXPECT_THAT(page, testing::HasSubstr("| `transport`: `udp`, `tcp` |"));
  EXPECT_THAT(page, testing::HasSubstr("| `upstream`; `tier`: `active`, `second`, `probe` |"));
  EXPECT_THAT(page, testing::HasSubstr("| `upstream`; `address`; `source` |"));
  EXPECT_THAT(page, testing::HasSubstr("| above 0.8 |\n"));
}

}  // namespace
}  // namespace pacedns::status
