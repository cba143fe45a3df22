#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pacedns/base/time.hpp"
#include "pacedns/cache/message_cache.hpp"
#include "pacedns/health/upstream_health.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/metrics/upstream_counters.hpp"

namespace pacedns::status {

/// One upstream, as it is now.
struct UpstreamReport {
  std::string name;     ///< no two have the same
  std::string address;  ///< udp://192.0.2.1:53
  std::string source;   ///< where it was named: `servers` or `resolv_conf`
  health::State state = health::State::Up;
  std::optional<Duration> smoothed_rtt;
  metrics::UpstreamSnapshot counts;
};

/// The daemon at one moment: what metrics, page and command line are made of. Plain numbers, read from what
/// workers count; no worker is asked.
struct Report {
  std::string version;
  std::string config_path;
  std::int64_t pid = 0;
  unsigned workers = 0;
  Duration uptime{};
  metrics::Snapshot totals;
  cache::CacheUsage cache;
  std::size_t cache_size = 0;  ///< `cache.size` in bytes
  std::size_t open_tcp_connections = 0;
  std::uint64_t lost_log_lines = 0;       ///< never written: who reads the log did not keep up
  std::uint64_t refused_connections = 0;  ///< of the status server
  std::vector<UpstreamReport> upstreams;
};

}  // namespace pacedns::status
