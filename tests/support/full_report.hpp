#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "pacedns/metrics/upstream_counters.hpp"
#include "pacedns/status/report.hpp"

// A report in which everything has happened and no two counters are equal.

namespace pacedns::test {

inline constexpr std::uint64_t kFirstCounter = 1001;

/// What `full_report` says of a counter.
inline std::uint64_t counted(metrics::Counter counter) {
  return kFirstCounter + static_cast<std::uint64_t>(counter);
}

inline std::uint64_t counted(metrics::UpstreamCounter counter, std::size_t upstream) {
  return 10 * (upstream + 1) * 100 + static_cast<std::uint64_t>(counter);
}

inline status::UpstreamReport full_upstream(std::size_t number) {
  status::UpstreamReport upstream;
  upstream.name = "upstream" + std::to_string(number);
  upstream.address = "udp://192.0.2." + std::to_string(number + 1) + ":53";
  upstream.source = "servers";
  upstream.smoothed_rtt = std::chrono::milliseconds(50 + 30 * number);
  for (std::size_t i = 0; i < metrics::kUpstreamCounterCount; ++i)
    upstream.counts.counters[i] = counted(static_cast<metrics::UpstreamCounter>(i), number);
  metrics::Histogram rtt;
  rtt.observe(std::chrono::milliseconds(45 + 30 * number), 9);
  rtt.observe(std::chrono::seconds(9));
  rtt.add_to(upstream.counts.rtt);
  return upstream;
}

inline metrics::Snapshot full_snapshot() {
  metrics::Counters counters;
  for (std::size_t i = 0; i < metrics::kCounterCount; ++i) {
    const auto counter = static_cast<metrics::Counter>(i);
    counters.add(counter, counted(counter));
  }
  counters.hit_latency.observe(std::chrono::microseconds(30), 3);
  counters.miss_latency.observe(std::chrono::milliseconds(45), 98);
  counters.miss_latency.observe(std::chrono::milliseconds(250), 2);
  counters.note_launches(2);
  metrics::Snapshot snapshot;
  snapshot.add(counters);
  return snapshot;
}

inline status::Report full_report(std::size_t upstreams = 5) {
  status::Report report;
  report.version = "0.1.0";
  report.config_path = "/etc/pacedns/pacedns.yaml";
  report.pid = 4711;
  report.workers = 2;
  report.uptime = std::chrono::milliseconds(90'500);
  report.totals = full_snapshot();
  report.cache = {.entries = 31, .bytes = 32'000, .evictions = 33};
  report.cache_size = 64U << 20U;
  report.open_tcp_connections = 34;
  report.lost_log_lines = 35;
  report.refused_connections = 36;
  for (std::size_t i = 0; i < upstreams; ++i)
    report.upstreams.push_back(full_upstream(i));
  return report;
}

}  // namespace pacedns::test
