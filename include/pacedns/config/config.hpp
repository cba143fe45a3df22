#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pacedns/base/tunable.hpp"
#include "pacedns/cache/cache_options.hpp"
#include "pacedns/forward/forward_options.hpp"
#include "pacedns/forward/query_log_options.hpp"
#include "pacedns/net/endpoint.hpp"
#include "pacedns/net/prefix.hpp"
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

  friend bool operator==(const LogOptions&, const LogOptions&) = default;
};

/// What the status page shows of names and addresses. Hashed: a name as a short keyed hash, and that only on
/// a loopback address; Hidden: none; Full: names, addresses and clients.
enum class Privacy : std::uint8_t { Hashed, Hidden, Full };

/// Where the status page and the metrics are served, to whom, and what they show.
struct StatusOptions {
  std::optional<net::Endpoint> listen;
  std::vector<net::Prefix> allow;
  Privacy privacy = Privacy::Hashed;

  friend bool operator==(const StatusOptions&, const StatusOptions&) = default;
};

inline constexpr std::string_view kControlSocketAuto = "auto";
inline constexpr std::string_view kControlSocketOff = "off";

/// The whole configuration, valid as a whole. Immutable once loaded; shared between threads as it is.
struct Config {
  unsigned workers = kWorkers.default_value;  ///< `auto` is already resolved to the number of usable CPUs
  server::ServerOptions server;
  upstream::UpstreamOptions upstream;
  plan::PlanOptions plan;
  cache::CacheOptions cache;
  forward::ForwardOptions forward;
  LogOptions log;
  forward::QueryLogOptions query_log;
  StatusOptions status;
  std::string control_socket{kControlSocketAuto};  ///< `auto`, `off` or an absolute path that fits a socket

  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace pacedns::config
