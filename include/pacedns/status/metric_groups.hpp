#pragma once

#include "pacedns/status/metric.hpp"

// The parts of the table of metrics, each in a source of its own; others use metric_table().

namespace pacedns::status {

[[nodiscard]] MetricGroup indicator_metrics();
[[nodiscard]] MetricGroup client_metrics();
[[nodiscard]] MetricGroup cache_metrics();
[[nodiscard]] MetricGroup flight_metrics();
[[nodiscard]] MetricGroup pool_metrics();
[[nodiscard]] MetricGroup upstream_metrics();
[[nodiscard]] MetricGroup all_upstreams_metrics();
[[nodiscard]] MetricGroup daemon_metrics();

}  // namespace pacedns::status
