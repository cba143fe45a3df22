#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "pacedns/status/metric.hpp"

// What the tests of the table's parts ask it.

namespace pacedns::status {

inline const Metric& metric_in(const MetricGroup& group, std::string_view name) {
  for (const Metric& metric : group.metrics) {
    if (metric.name == name) return metric;
  }
  throw std::runtime_error("no metric " + std::string(name));
}

/// The source of the series with this label value.
inline MetricSource source_in(const MetricGroup& group, std::string_view name,
                              std::string_view label_value = "") {
  for (const MetricSeries& series : metric_in(group, name).series) {
    if (series.label_value == label_value) return series.source;
  }
  throw std::runtime_error("no series " + std::string(label_value));
}

inline metrics::Counter counter_in(const MetricGroup& group, std::string_view name,
                                   std::string_view label_value = "") {
  return std::get<metrics::Counter>(source_in(group, name, label_value));
}

inline double gauge_in(const MetricGroup& group, std::string_view name, const Report& report) {
  return std::get<GaugeSource>(source_in(group, name))(report);
}

}  // namespace pacedns::status
