#include "pacedns/status/exposition.hpp"

#include <limits>
#include <sstream>
#include <utility>

#include <prometheus/text_serializer.h>

#include "pacedns/status/metric_table.hpp"

namespace pacedns::status {
namespace {

using prometheus::ClientMetric;

constexpr double kMicrosecondsPerSecond = 1e6;

/// About what it takes, so that the text does not grow by being copied: this is done in the main thread.
constexpr std::size_t kBytes = 24'000;
constexpr std::size_t kBytesOfUpstream = 4'000;

prometheus::MetricType type_of(const Metric& metric) {
  switch (metric.type) {
    case MetricType::Counter:
      return prometheus::MetricType::Counter;
    case MetricType::Gauge:
      return prometheus::MetricType::Gauge;
    case MetricType::Histogram:
      break;
  }
  return prometheus::MetricType::Histogram;
}

ClientMetric::Histogram histogram_of(const metrics::HistogramCounts& counts) {
  ClientMetric::Histogram histogram;
  histogram.bucket.reserve(counts.buckets.size());
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < counts.buckets.size(); ++i) {
    cumulative += counts.buckets[i];
    const double bound =
        i < metrics::kLatencyBounds.size()
            ? static_cast<double>(metrics::kLatencyBounds[i].count()) / kMicrosecondsPerSecond
            : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({cumulative, bound});
  }
  histogram.sample_count = cumulative;
  histogram.sample_sum = static_cast<double>(counts.sum_us) / kMicrosecondsPerSecond;
  return histogram;
}

/// Takes the series of one metric from where the table says they come from.
class FamilyWriter {
 public:
  FamilyWriter(const Metric& metric, const Report& report, const Indicators& indicators)
      : metric_(metric), report_(report), indicators_(indicators) {
    family_.name = metric.name;
    family_.help = metric.help();
    family_.type = type_of(metric);
  }

  prometheus::MetricFamily write() {
    family_.metric.reserve(metric_.series.size() *
                           (metric_.of_each_upstream() ? report_.upstreams.size() : 1));
    for (const MetricSeries& series : metric_.series) {
      series_ = &series;
      std::visit(*this, series.source);
    }
    return std::move(family_);
  }

  void operator()(metrics::Counter counter) { add(nullptr, static_cast<double>(report_.totals[counter])); }

  void operator()(metrics::UpstreamCounter counter) {
    for (const UpstreamReport& upstream : report_.upstreams)
      add(&upstream, static_cast<double>(upstream.counts[counter]));
  }

  void operator()(GaugeSource source) { add(nullptr, source(report_)); }

  void operator()(UpstreamGaugeSource source) {
    for (const UpstreamReport& upstream : report_.upstreams) {
      if (const auto value = source(upstream)) add(&upstream, *value);
    }
  }

  void operator()(IndicatorSource source) {
    add(nullptr, source(indicators_).value_or(std::numeric_limits<double>::quiet_NaN()));
  }

  void operator()(HistogramSource source) { sample(nullptr).histogram = histogram_of(source(report_)); }

  void operator()(UpstreamHistogramSource source) {
    for (const UpstreamReport& upstream : report_.upstreams)
      sample(&upstream).histogram = histogram_of(source(upstream));
  }

  void operator()(InfoSource source) { add_information(nullptr, source(report_)); }

  void operator()(UpstreamInfoSource source) {
    for (const UpstreamReport& upstream : report_.upstreams)
      add_information(&upstream, source(upstream));
  }

 private:
  void label(ClientMetric& sample, std::string_view name, std::string_view value) {
    sample.label.push_back({std::string(name), std::string(value)});
  }

  ClientMetric& sample(const UpstreamReport* upstream) {
    ClientMetric& added = family_.metric.emplace_back();
    added.label.reserve(1 + metric_.labels.size());
    if (upstream != nullptr) label(added, kUpstreamLabel, upstream->name);
    if (!series_->label_value.empty()) label(added, metric_.labels.front(), series_->label_value);
    return added;
  }

  void set(ClientMetric& sample, double value) {
    if (metric_.type == MetricType::Counter) {
      sample.counter.value = value;
    } else {
      sample.gauge.value = value;
    }
  }

  void add(const UpstreamReport* upstream, double value) { set(sample(upstream), value); }

  void add_information(const UpstreamReport* upstream, const std::vector<std::string>& values) {
    ClientMetric& added = sample(upstream);
    for (std::size_t i = 0; i < metric_.labels.size(); ++i)
      label(added, metric_.labels[i], values.at(i));
    set(added, 1);
  }

  const Metric& metric_;
  const Report& report_;
  const Indicators& indicators_;
  const MetricSeries* series_ = nullptr;
  prometheus::MetricFamily family_;
};

}  // namespace

std::string exposition(const Report& report, const Indicators& indicators) {
  std::string memory;
  memory.reserve(kBytes + kBytesOfUpstream * report.upstreams.size());
  std::ostringstream text(std::move(memory));
  const prometheus::TextSerializer serializer;
  std::vector<prometheus::MetricFamily> one(1);
  for (const MetricGroup& group : metric_table()) {
    for (const Metric& metric : group.metrics) {
      one.front() = FamilyWriter(metric, report, indicators).write();
      serializer.Serialize(text, one);
    }
  }
  return std::move(text).str();
}

}  // namespace pacedns::status
