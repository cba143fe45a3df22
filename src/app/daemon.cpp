#include "pacedns/app/daemon.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include <spdlog/spdlog.h>

#include "pacedns/app/capabilities.hpp"
#include "pacedns/app/logging.hpp"
#include "pacedns/app/port_holder.hpp"
#include "pacedns/app/socket_activation.hpp"
#include "pacedns/app/systemd_notify.hpp"
#include "pacedns/config/diff.hpp"
#include "pacedns/config/loader.hpp"
#include "pacedns/plan/plan_options.hpp"
#include "pacedns/upstream/upstream_options.hpp"

namespace pacedns::app {
namespace {

std::string_view hint(boost::system::error_code error) {
  namespace errc = boost::system::errc;
  if (error == errc::permission_denied) {
    return "ports below 1024 need CAP_NET_BIND_SERVICE: run it as a service, as root, or on another port; "
           "where all addresses were passed by a .socket unit it has been given up: add this one there";
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

status::Privacy to_status(config::Privacy privacy) {
  switch (privacy) {
    case config::Privacy::Hashed:
      return status::Privacy::Hashed;
    case config::Privacy::Hidden:
      return status::Privacy::Hidden;
    case config::Privacy::Full:
      return status::Privacy::Full;
  }
  return status::Privacy::Hidden;
}

/// Where the control socket belongs; empty: nowhere.
std::string control_path(const config::Config& config) {
  if (config.control_socket == config::kControlSocketOff) return {};
  if (config.control_socket != config::kControlSocketAuto) return config.control_socket;
  // Set for services that have one (systemd.exec(5)); the first of several is meant.
  const char* const folder = std::getenv("RUNTIME_DIRECTORY");
  if (folder == nullptr || *folder == '\0') return {};
  const std::string_view first = folder;
  return std::string(first.substr(0, first.find(':'))) + "/control.sock";
}

}  // namespace

Daemon::Daemon(std::string config_path, std::shared_ptr<const config::Config> config)
    : config_path_(std::move(config_path)),
      started_with_(std::move(config)),
      config_(started_with_),
      signals_(io_, SIGTERM, SIGINT, SIGHUP),
      resolv_conf_(io_, [this] { enforce(make_settings(*config_)); }),
      query_log_([this] { return make_log_sink(started_with_->log.target); }),
      workers_(*config_),
      subject_(workers_, query_log_, config_path_, started_with_),
      status_(io_, subject_),
      heartbeat_(
          io_, [this] { return workers_.have_responded(); }, [this] { return status_line(); }) {
  signals_.add(SIGUSR1);
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT: the handler is none
}

int Daemon::run() {
  start_logging(config_->log);
  spdlog::info("event=starting version={} config={} workers={} upstreams={}", PACEDNS_VERSION, config_path_,
               config_->workers, config_->upstream.servers.size());
  allow_descriptors();
  if (!adopt_passed_sockets()) return 1;
  auto prepared = prepare_to_listen(*config_);
  if (!prepared) return 1;
  if (!serve_status()) return 1;
  follow_resolv_conf();
  enforce(make_settings(*config_));
  listen(std::move(*prepared));
  if (workers_.addresses().all_passed() && !drop_bind_capability())
    spdlog::warn("event=capability_kept error=\"{}\"", std::strerror(errno));
  workers_.start();
  status_.start();
  await_signal();
  notify_ready();
  heartbeat_.start();
  spdlog::info("event=ready");
  io_.run();
  return 0;
}

bool Daemon::adopt_passed_sockets() {
  const auto passed = take_passed_sockets();
  if (!passed) {
    spdlog::error("event=sockets_refused error=\"{}\"", passed.error());
    return false;
  }
  if (const auto problem = workers_.addresses().adopt(*passed)) {
    spdlog::error("event=sockets_refused error=\"{}\"", *problem);
    return false;
  }
  for (const PassedAddress& at : *passed) {
    spdlog::info("event=listening address={} udp_sockets={} tcp_sockets={} from=service_manager",
                 net::to_string(at.endpoint), at.datagrams.size(), at.streams.size());
  }
  return true;
}

bool Daemon::serve_status() {
  subject_.tell_refused_connections([this] { return status_.refused_connections(); });
  if (const auto& endpoint = config_->status.listen) {
    if (const auto error = status_.listen(*endpoint)) {
      tell_bind_failure({*endpoint, error}, "choose another address in `status.listen`");
      return false;
    }
    spdlog::info("event=status_listening address={}", net::to_string(*status_.address()));
  }
  const std::string path = control_path(*config_);
  if (path.empty()) return true;
  const auto error = status_.open_control_socket(path);
  if (!error) {
    spdlog::info("event=control_listening socket={}", path);
    return true;
  }
  // A path that nobody asked for does not keep the service from answering.
  const bool wanted = config_->control_socket == path;
  spdlog::log(wanted ? spdlog::level::err : spdlog::level::warn,
              R"(event=control_failed socket={} error="{}" hint="see `control.socket` in the configuration")",
              path, error.message());
  return !wanted;
}

void Daemon::tell_bind_failure(const BindFailure& failure, std::string_view hint) {
  const std::string holder = find_port_holder(failure.endpoint);
  spdlog::error(R"(event=bind_failed address={} error="{}" holder="{}" hint="{}")",
                net::to_string(failure.endpoint), failure.error.message(),
                holder.empty() ? "unknown" : holder, hint);
}

std::optional<ListenAddresses::Prepared> Daemon::prepare_to_listen(const config::Config& config) {
  auto prepared = workers_.addresses().prepare(config.server.listen);
  if (prepared) return std::move(*prepared);
  tell_bind_failure(prepared.error(), hint(prepared.error().error));
  return std::nullopt;
}

void Daemon::listen(ListenAddresses::Prepared prepared) {
  const ListenChange change = workers_.addresses().commit(std::move(prepared), kPatience);
  for (const net::Endpoint& endpoint : change.added)
    spdlog::info("event=listening address={} transports=udp,tcp", net::to_string(endpoint));
  for (const net::Endpoint& endpoint : change.absent)
    spdlog::warn("event=address_absent address={} reason=\"this host has no IPv6\"",
                 net::to_string(endpoint));
  for (const net::Endpoint& endpoint : change.removed) {
    spdlog::info("event=listening_ended address={} closed_after_s={:.1f}", net::to_string(endpoint),
                 std::chrono::duration<double>(kPatience).count());
  }
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
    status_.close();
    workers_.stop(kPatience);
    query_log_.stop();
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
  auto prepared = loaded ? prepare_to_listen(*loaded.config) : std::nullopt;
  subject_.counters().add(prepared ? metrics::Counter::Reloads : metrics::Counter::ReloadsFailed);
  if (prepared) {
    apply(loaded.config, std::move(*prepared));
  } else if (loaded) {
    spdlog::error("event=reload_failed error=\"not all addresses in `listen` can be bound\"");
  }
  notify_ready();
}

void Daemon::apply(std::shared_ptr<const config::Config> config, ListenAddresses::Prepared prepared) {
  const auto applied = config::diff(*config_, *config).applied;
  const auto needs_restart = config::diff(*started_with_, *config).needs_restart;
  config_ = std::move(config);
  follow_resolv_conf();
  enforce(make_settings(*config_));
  listen(std::move(prepared));  // not before those who may ask there are known
  set_log_level(config_->log.level);
  for (const std::string& key : applied)
    spdlog::info("event=reloaded key={} effect=now", key);
  for (const std::string& key : needs_restart)
    spdlog::warn("event=reloaded key={} effect=restart", key);
  spdlog::info("event=reload_finished applied={} need_restart={}", applied.size(), needs_restart.size());
}

void Daemon::enforce(std::shared_ptr<const forward::Settings> settings) {
  settings_ = std::move(settings);
  workers_.apply(settings_);
  subject_.follow(config_, settings_);
  status_.apply(config_->status.allow, to_status(config_->status.privacy));
}

// The passed addresses are ours, too: they are not to become upstreams.
void Daemon::follow_resolv_conf() {
  auto seen = std::make_shared<config::Config>(*config_);
  const auto& passed = workers_.addresses().passed();
  seen->server.listen.insert(seen->server.listen.end(), passed.begin(), passed.end());
  resolv_conf_.follow(std::move(seen));
}

void Daemon::log_statistics() const {
  const status::Report report = subject_.report();
  std::string line;
  for (std::size_t i = 0; i < metrics::kCounterCount; ++i) {
    const auto counter = static_cast<metrics::Counter>(i);
    line += ' ';
    line += metrics::name(counter);
    line += '=' + std::to_string(report.totals[counter]);
  }
  spdlog::info("event=statistics cache_entries={} cache_bytes={}{}", report.cache.entries, report.cache.bytes,
               line);
  for (const status::UpstreamReport& upstream : report.upstreams) {
    const auto rtt = upstream.smoothed_rtt.value_or(Duration::zero());
    spdlog::info("event=upstream_statistics upstream={} source={} state={} smoothed_rtt_ms={:.1f}",
                 upstream.name, upstream.source, health::name(upstream.state),
                 std::chrono::duration<double, std::milli>(rtt).count());
  }
}

std::string Daemon::status_line() const {
  const auto is_up = [](const auto& upstream) { return upstream.health->state() == health::State::Up; };
  const auto counters = workers_.counters();
  const auto hits = counters[metrics::Counter::CacheHits];
  const auto asked = hits + counters[metrics::Counter::CacheMisses];
  std::string line = fmt::format("{} of {} upstreams up", std::ranges::count_if(settings_->upstreams, is_up),
                                 settings_->upstreams.size());
  if (asked > 0) {
    line += fmt::format(", {:.1f} % of {} queries answered from the cache",
                        100.0 * static_cast<double>(hits) / static_cast<double>(asked), asked);
  }
  return line;
}

/// What clients have used of their allowance stays used as long as it is the same.
std::shared_ptr<server::ClientLimiter> Daemon::limiter_for(std::uint32_t per_second) {
  if (per_second == 0) return nullptr;
  if (settings_ && settings_->client_limiter && settings_->client_limiter->per_second() == per_second)
    return settings_->client_limiter;
  return std::make_shared<server::ClientLimiter>(per_second, random_);
}

std::shared_ptr<const forward::Settings> Daemon::make_settings(const config::Config& config) {
  auto settings = std::make_shared<forward::Settings>();
  const auto add = [&](const upstream::ServerOptions& server) {
    const std::string identity = upstream::to_url(server);
    settings->upstreams.push_back({server, health_.of(identity), totals_.of(identity)});
  };
  std::ranges::for_each(config.upstream.servers, add);
  std::ranges::for_each(resolv_conf_.servers(), add);
  settings->plan = config.plan;
  settings->ttl = config.cache.ttl;
  settings->forward = config.forward;
  settings->allow = config.server.allow;
  if (!status_.is_served()) settings->forward.history = 0;
  settings->tcp = config.server.tcp;
  settings->client_limiter = limiter_for(config.server.per_client_qps);
  settings->query_log = config.query_log;
  if (config.query_log.on) settings->query_logger = query_log_.logger();
  settings->loop_secret = random_.next_u64();
  return settings;
}

}  // namespace pacedns::app
