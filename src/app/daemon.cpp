#include "pacedns/app/daemon.hpp"

#include <sys/resource.h>

#include <csignal>
#include <string_view>
#include <utility>

#include <spdlog/spdlog.h>

#include "pacedns/app/logging.hpp"
#include "pacedns/app/port_holder.hpp"
#include "pacedns/app/systemd_notify.hpp"
#include "pacedns/config/diff.hpp"
#include "pacedns/config/loader.hpp"
#include "pacedns/plan/plan_options.hpp"
#include "pacedns/upstream/upstream_options.hpp"

namespace pacedns::app {
namespace {

/// Beyond the longest flight that any configuration allows, since flights may have begun under another one.
/// All clients have their answers long before, and then it is over.
constexpr Duration kStopPatience = plan::kTotalCollectTimeout.maximum + std::chrono::milliseconds(500);

std::string identity(const upstream::ServerOptions& server) {
  const bool tcp = server.protocol == upstream::Protocol::Tcp;
  return (tcp ? "tcp://" : "udp://") + net::to_string(server.endpoint);
}

std::string_view hint(boost::system::error_code error) {
  namespace errc = boost::system::errc;
  if (error == errc::permission_denied) {
    return "ports below 1024 need CAP_NET_BIND_SERVICE: run it as a service, as root, or on another port";
  }
  if (error == errc::address_not_available) return "no interface has this address: correct `listen`";
  if (error == errc::address_in_use) return "stop the other server, or choose another address in `listen`";
  return "see `listen` in the configuration";
}

/// Upstream sockets and client connections may be many; the soft limit of 1024 is for programs that use
/// select(2).
void allow_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

/// Keys that are accepted and do nothing yet.
void warn_of_unserved(const config::Config& config) {
  constexpr const char* kLine = R"(event=not_served key={} reason="not in this version")";
  if (config.status_listen) spdlog::warn(kLine, "status.listen");
  if (config.log.queries) spdlog::warn(kLine, "log.queries");
}

}  // namespace

Daemon::Daemon(std::string config_path, std::shared_ptr<const config::Config> config)
    : config_path_(std::move(config_path)),
      started_with_(std::move(config)),
      config_(started_with_),
      signals_(io_, SIGTERM, SIGINT, SIGHUP),
      workers_(*config_) {
  signals_.add(SIGUSR1);
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT: the handler is none
}

int Daemon::run() {
  start_logging(config_->log);
  spdlog::info("event=starting version={} config={} workers={} upstreams={}", PACEDNS_VERSION, config_path_,
               config_->workers, config_->upstream.servers.size());
  warn_of_unserved(*config_);
  allow_descriptors();
  if (!bind()) return 1;
  settings_ = make_settings(*config_);
  workers_.start(settings_);
  await_signal();
  notify_ready();
  spdlog::info("event=ready");
  io_.run();
  return 0;
}

bool Daemon::bind() {
  const auto bound = workers_.bind(config_->server.listen);
  if (bound) {
    for (const net::Endpoint& endpoint : *bound) {
      spdlog::info("event=listening address={} transports=udp,tcp", net::to_string(endpoint));
    }
    return true;
  }
  const BindFailure& failure = bound.error();
  const std::string holder = find_port_holder(failure.endpoint);
  spdlog::error(R"(event=bind_failed address={} error="{}" holder="{}" hint="{}")",
                net::to_string(failure.endpoint), failure.error.message(),
                holder.empty() ? "unknown" : holder, hint(failure.error));
  return false;
}

void Daemon::await_signal() {
  signals_.async_wait([this](boost::system::error_code error, int signal) {
    if (!error) on_signal(signal);
  });
}

void Daemon::on_signal(int signal) {
  if (signal == SIGHUP) {
    reload();
  } else if (signal == SIGUSR1) {
    log_statistics();
  } else {
    spdlog::info("event=stopping signal={}", signal);
    notify_stopping();
    workers_.stop(kStopPatience);
    log_statistics();
    spdlog::info("event=stopped");
    io_.stop();
    return;
  }
  await_signal();
}

void Daemon::reload() {
  notify_reloading();
  const auto loaded = config::load_file(config_path_);
  for (const config::ConfigError& error : loaded.errors) {
    spdlog::error("event=reload_failed error=\"{}\"", config::to_string(error));
  }
  if (loaded) {
    warn_of_unserved(*loaded.config);
    auto applied = config::diff(*config_, *loaded.config).applied;
    std::erase(applied, "log.queries");
    const auto needs_restart = config::diff(*started_with_, *loaded.config).needs_restart;
    settings_ = make_settings(*loaded.config);
    workers_.apply(settings_);
    set_log_level(loaded.config->log.level);
    for (const std::string& key : applied)
      spdlog::info("event=reloaded key={} effect=now", key);
    for (const std::string& key : needs_restart)
      spdlog::warn("event=reloaded key={} effect=restart", key);
    spdlog::info("event=reload_finished applied={} need_restart={}", applied.size(), needs_restart.size());
    config_ = loaded.config;
  }
  notify_ready();
}

void Daemon::log_statistics() const {
  const metrics::Snapshot counters = workers_.counters();
  std::string line;
  for (std::size_t i = 0; i < counters.size(); ++i) {
    line += ' ';
    line += metrics::name(static_cast<metrics::Counter>(i));
    line += '=' + std::to_string(counters[i]);
  }
  const cache::CacheUsage usage = workers_.cache_usage();
  spdlog::info("event=statistics cache_entries={} cache_bytes={}{}", usage.entries, usage.bytes, line);
  if (!settings_) return;
  for (const forward::UpstreamSetting& upstream : settings_->upstreams) {
    const auto rtt = upstream.health->smoothed_rtt().value_or(Duration::zero());
    spdlog::info("event=upstream_statistics upstream={} state={} smoothed_rtt_ms={:.1f}",
                 upstream.server.name, health::name(upstream.health->state()),
                 std::chrono::duration<double, std::milli>(rtt).count());
  }
}

std::shared_ptr<const forward::Settings> Daemon::make_settings(const config::Config& config) {
  auto settings = std::make_shared<forward::Settings>();
  for (const upstream::ServerOptions& server : config.upstream.servers) {
    settings->upstreams.push_back({server, health_.of(identity(server))});
  }
  settings->plan = config.plan;
  settings->ttl = config.cache.ttl;
  settings->forward = config.forward;
  settings->allow = config.server.allow;
  return settings;
}

}  // namespace pacedns::app
