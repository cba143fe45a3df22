#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "pacedns/base/tunable.hpp"
#include "pacedns/cache/cache_options.hpp"
#include "pacedns/forward/forward_options.hpp"
#include "pacedns/net/endpoint.hpp"
#include "pacedns/plan/plan_options.hpp"
#include "pacedns/server/server_options.hpp"
#include "pacedns/upstream/upstream_options.hpp"

namespace pacedns::config {

inline constexpr Tunable<unsigned> kWorkers{1, 1, 256};

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };
enum class LogTarget : std::uint8_t { Auto, Stderr, Journal };

struct LogOptions {
  LogLevel level = LogLevel::Info;
  LogTarget target = LogTarget::Auto;  ///< Auto: the journal under systemd, stderr otherwise
  bool queries = false;

  friend bool operator==(const LogOptions&, const LogOptions&) = default;
};

/// The whole configuration, valid as a whole. Immutable once loaded; shared between threads as it is.
struct Config {
  unsigned workers = kWorkers.default_value;  ///< `auto` is already resolved to the number of usable CPUs
  server::ServerOptions server;
  upstream::UpstreamOptions upstream;
  plan::PlanOptions plan;
  cache::CacheOptions cache;
  forward::ForwardOptions forward;
  LogOptions log;
  std::optional<net::Endpoint> status_listen;

  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace pacedns::config
