#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pacedns/metrics/counters.hpp"
#include "pacedns/metrics/histogram.hpp"
#include "pacedns/metrics/upstream_counters.hpp"
#include "pacedns/status/indicators.hpp"
#include "pacedns/status/report.hpp"

namespace pacedns::status {

enum class MetricType : std::uint8_t { Counter, Gauge, Histogram };

[[nodiscard]] std::string_view name(MetricType type);

// Where the value of a series comes from. What takes an UpstreamReport, and UpstreamCounter, makes a series
// for each upstream, with the label `upstream`.
using GaugeSource = double (*)(const Report&);
using UpstreamGaugeSource = std::optional<double> (*)(const UpstreamReport&);  ///< without value: no series
using IndicatorSource = std::optional<double> (*)(const Indicators&);          ///< without value: NaN
using HistogramSource = const metrics::HistogramCounts& (*)(const Report&);
using UpstreamHistogramSource = const metrics::HistogramCounts& (*)(const UpstreamReport&);

// The value is 1; what counts are the values of the labels.
using InfoSource = std::vector<std::string> (*)(const Report&);
using UpstreamInfoSource = std::vector<std::string> (*)(const UpstreamReport&);

using MetricSource =
    std::variant<metrics::Counter, metrics::UpstreamCounter, GaugeSource, UpstreamGaugeSource,
                 IndicatorSource, HistogramSource, UpstreamHistogramSource, InfoSource, UpstreamInfoSource>;

/// One time series, or one for each upstream.
struct MetricSeries {
  std::string_view label_value;  ///< of the metric's only label; empty where it has none, or is information
  MetricSource source;
};

inline constexpr std::string_view kUpstreamLabel = "upstream";

/// A metric as Prometheus sees it: a family of series that share name, type and meaning, and that labels tell
/// apart.
struct Metric {
  std::string_view name;
  MetricType type = MetricType::Counter;
  std::vector<std::string_view> labels{};  ///< besides `upstream`
  std::string_view meaning;                ///< one or more sentences
  std::vector<MetricSeries> series;
  std::string target{};  ///< `above 0.8`; empty where there is none

  [[nodiscard]] bool of_each_upstream() const;

  /// The meaning, and the target where there is one.
  [[nodiscard]] std::string help() const;
};

/// Metrics that are documented under one heading.
struct MetricGroup {
  std::string_view title;
  std::string_view introduction;  ///< a paragraph; may be empty
  std::vector<Metric> metrics;
};

}  // namespace pacedns::status
