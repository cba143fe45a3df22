#include "pacedns/status/metrics_reference.hpp"

#include <algorithm>
#include <string_view>

#include "pacedns/status/metric_table.hpp"

namespace pacedns::status {
namespace {

constexpr std::string_view kIntroduction = R"(# Metrics

The status server (`status.listen`, off unless set) answers `GET /metrics` in Prometheus' text format:

```yaml
# prometheus.yml
scrape_configs:
  - job_name: pacedns
    scrape_interval: 15s
    static_configs:
      - targets: ["127.0.0.1:9853"]
rule_files: [alerts.yaml]
```

The rules in [alerts.yaml](alerts.yaml) and the Grafana dashboard [grafana-dashboard.json](grafana-dashboard.json)
expect the job to be called `pacedns`. Counters count from the start of the daemon, over reloads; those of an upstream as long as it is configured.
Durations are in seconds, sizes in bytes, ratios between 0 and 1.

This page is made from the table that the exposition is made from; a test holds the two together.
)";

std::string code(std::string_view text) {
  return "`" + std::string(text) + "`";
}

/// The labels and, where the table knows them, their values.
std::string labels_of(const Metric& metric) {
  std::string text = metric.of_each_upstream() ? code(kUpstreamLabel) : "";
  for (const std::string_view label : metric.labels) {
    if (!text.empty()) text += "; ";
    text += code(label);
    std::string_view separator = ": ";
    for (const MetricSeries& series : metric.series) {
      if (series.label_value.empty()) continue;
      text.append(separator).append(code(series.label_value));
      separator = ", ";
    }
  }
  return text.empty() ? "-" : text;
}

std::string table_of(const MetricGroup& group) {
  const bool with_targets =
      std::ranges::any_of(group.metrics, [](const Metric& metric) { return !metric.target.empty(); });
  std::string text = with_targets
                         ? "| name | type | labels | meaning | target |\n| --- | --- | --- | --- | --- |\n"
                         : "| name | type | labels | meaning |\n| --- | --- | --- | --- |\n";
  for (const Metric& metric : group.metrics) {
    text += "| " + code(metric.name) + " | " + std::string(name(metric.type)) + " | " + labels_of(metric) +
            " | " + std::string(metric.meaning) + " |";
    if (with_targets) text += " " + (metric.target.empty() ? "-" : metric.target) + " |";
    text += "\n";
  }
  return text;
}

}  // namespace

std::string metrics_reference() {
  std::string page(kIntroduction);
  for (const MetricGroup& group : metric_table()) {
    page.append("\n## ").append(group.title).append("\n\n");
    if (!group.introduction.empty()) page.append(group.introduction).append("\n\n");
    page += table_of(group);
  }
  return page;
}

}  // namespace pacedns::status
