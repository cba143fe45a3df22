#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pacedns/cache/cache_options.hpp"
#include "pacedns/forward/forward_options.hpp"
#include "pacedns/health/upstream_health.hpp"
#include "pacedns/net/prefix.hpp"
#include "pacedns/plan/plan_options.hpp"
#include "pacedns/server/server_options.hpp"
#include "pacedns/upstream/upstream_options.hpp"

namespace pacedns::forward {

/// An upstream as configured, with the health that all workers share.
struct UpstreamSetting {
  upstream::ServerOptions server;
  std::shared_ptr<health::UpstreamHealth> health;
};

/// What a reload can change for the workers: an immutable snapshot. A flight ends under the one it began
/// with.
struct Settings {
  std::vector<UpstreamSetting> upstreams;
  plan::PlanOptions plan;
  cache::TtlLimits ttl;
  ForwardOptions forward;
  std::vector<net::Prefix> allow;
  server::TcpOptions tcp;
  std::uint64_t loop_secret = 0;  ///< of the names that tell whether an upstream forwards to us
};

}  // namespace pacedns::forward
