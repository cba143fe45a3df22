#include <chrono>

#include "pacedns/status/metric_groups.hpp"

namespace pacedns::status {
namespace {

using metrics::Counter;

std::vector<std::string> build(const Report& report) {
  return {report.version};
}

double uptime(const Report& report) {
  return std::chrono::duration<double>(report.uptime).count();
}

double workers(const Report& report) {
  return report.workers;
}

double lost_log_lines(const Report& report) {
  return static_cast<double>(report.lost_log_lines);
}

double refused_connections(const Report& report) {
  return static_cast<double>(report.refused_connections);
}

}  // namespace

MetricGroup daemon_metrics() {
  return {"Daemon",
          "",
          {
              {.name = "pacedns_build_info",
               .type = MetricType::Gauge,
               .labels = {"version"},
               .meaning = "Always 1: the version that runs.",
               .series = {{"", InfoSource(&build)}}},
              {.name = "pacedns_uptime_seconds",
               .type = MetricType::Gauge,
               .meaning = "Time since the start.",
               .series = {{"", GaugeSource(&uptime)}}},
              {.name = "pacedns_workers",
               .type = MetricType::Gauge,
               .meaning = "Threads that answer queries.",
               .series = {{"", GaugeSource(&workers)}}},
              {.name = "pacedns_reloads_total",
               .labels = {"result"},
               .meaning = "Reloads of the configuration; one that fails changes nothing.",
               .series = {{"success", Counter::Reloads}, {"failure", Counter::ReloadsFailed}}},
              {.name = "pacedns_forwarding_loops_total",
               .meaning = "Our own queries that came back from an upstream, which forwards to us.",
               .series = {{"", Counter::ForwardingLoops}}},
              {.name = "pacedns_log_lost_lines_total",
               .meaning = "Log lines that were never written, as whoever reads the log did not keep up: "
                          "those of the query "
                          "log for which its queue had no room, and any for which stderr had none.",
               .series = {{"", GaugeSource(&lost_log_lines)}}},
              {.name = "pacedns_status_refused_connections_total",
               .meaning =
                   "Connections that the status server refused: too many were open, or the client is not in "
                   "status.allow.",
               .series = {{"", GaugeSource(&refused_connections)}}},
          }};
}

}  // namespace pacedns::status
