#pragma once

#include <vector>

#include "pacedns/status/metric.hpp"

namespace pacedns::status {

/// All metrics. The exposition and docs/METRICS.md are made from this; names, labels and meanings stand
/// nowhere else.
[[nodiscard]] const std::vector<MetricGroup>& metric_table();

}  // namespace pacedns::status
