#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <spdlog/logger.h>

#include "pacedns/cache/cache_options.hpp"
#include "pacedns/forward/forward_options.hpp"
#include "pacedns/forward/query_log_options.hpp"
#include "pacedns/health/upstream_health.hpp"
#include "pacedns/metrics/upstream_counters.hpp"
#include "pacedns/net/prefix.hpp"
#include "pacedns/plan/plan_options.hpp"
#include "pacedns/server/client_limiter.hpp"
#include "pacedns/server/server_options.hpp"
#include "pacedns/upstream/upstream_options.hpp"

namespace pacedns::forward {

/// An upstream as configured, with the health that all workers share and what they count.
struct UpstreamSetting {
  upstream::ServerOptions server;
  std::shared_ptr<health::UpstreamHealth> health;
  std::shared_ptr<metrics::UpstreamTotals> totals = std::make_shared<metrics::UpstreamTotals>();
};

/// What a reload can change for the workers: an immutable snapshot. A flight ends under the one it began
/// with.
struct Settings {
  std::vector<UpstreamSetting> upstreams;
  plan::PlanOptions plan;
  cache::TtlLimits ttl;
  ForwardOptions forward;
  std::vector<net::Prefix> allow;
  std::shared_ptr<server::ClientLimiter> client_limiter;  ///< none: clients may ask as much as they like
  server::TcpOptions tcp;
  QueryLogOptions query_log;
  std::shared_ptr<spdlog::logger> query_logger;  ///< where the query log goes; none: it is off
  std::uint64_t loop_secret = 0;  ///< of the names that tell whether an upstream forwards to us
};

}  // namespace pacedns::forward
