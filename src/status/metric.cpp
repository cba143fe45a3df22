#include "pacedns/status/metric.hpp"

#include <algorithm>

namespace pacedns::status {

std::string_view name(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Histogram:
      return "histogram";
  }
  return "";
}

bool Metric::of_each_upstream() const {
  return std::ranges::any_of(series, [](const MetricSeries& each) {
    return std::holds_alternative<metrics::UpstreamCounter>(each.source) ||
           std::holds_alternative<UpstreamGaugeSource>(each.source) ||
           std::holds_alternative<UpstreamHistogramSource>(each.source) ||
           std::holds_alternative<UpstreamInfoSource>(each.source);
  });
}

std::string Metric::help() const {
  std::string text(meaning);
  if (!target.empty()) text += " Target: " + target + ".";
  return text;
}

}  // namespace pacedns::status
