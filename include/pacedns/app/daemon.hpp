#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "pacedns/app/daemon_subject.hpp"
#include "pacedns/app/heartbeat.hpp"
#include "pacedns/app/query_log_thread.hpp"
#include "pacedns/app/resolv_conf_watch.hpp"
#include "pacedns/app/worker_pool.hpp"
#include "pacedns/base/random.hpp"
#include "pacedns/base/shared_table.hpp"
#include "pacedns/config/config.hpp"
#include "pacedns/forward/settings.hpp"
#include "pacedns/health/health_table.hpp"
#include "pacedns/metrics/upstream_counters.hpp"
#include "pacedns/status/status_server.hpp"

namespace pacedns::app {

/// The life of the daemon on the main thread: bind, tell the service manager, reload, log statistics, stop.
class Daemon {
 public:
  Daemon(std::string config_path, std::shared_ptr<const config::Config> config);

  /// Runs until SIGTERM or SIGINT. Returns the exit code: 0, or 1 if an address could not be bound or passed
  /// sockets cannot be used.
  [[nodiscard]] int run();

 private:
  [[nodiscard]] bool adopt_passed_sockets();
  /// False if it cannot be served as configured; the log says why.
  [[nodiscard]] bool serve_status();
  static void tell_bind_failure(const BindFailure& failure, std::string_view hint);
  /// Without a result the log says why.
  [[nodiscard]] std::optional<ListenAddresses::Prepared> prepare_to_listen(const config::Config& config);
  void listen(ListenAddresses::Prepared prepared);
  void await_signal();
  void on_signal(int signal);
  void reload();
  void apply(std::shared_ptr<const config::Config> config, ListenAddresses::Prepared prepared);
  void enforce(std::shared_ptr<const forward::Settings> settings);
  void follow_resolv_conf();
  void log_statistics() const;
  [[nodiscard]] std::string status_line() const;
  [[nodiscard]] std::shared_ptr<server::ClientLimiter> limiter_for(std::uint32_t per_second);
  [[nodiscard]] std::shared_ptr<const forward::Settings> make_settings(const config::Config& config);

  std::string config_path_;
  std::shared_ptr<const config::Config> started_with_;  // what needs a restart is still as it was here
  std::shared_ptr<const config::Config> config_;
  boost::asio::io_context io_{1};
  boost::asio::signal_set signals_;
  ResolvConfWatch resolv_conf_;
  health::HealthTable health_;
  SharedTable<metrics::UpstreamTotals> totals_;
  Random random_;
  std::shared_ptr<const forward::Settings> settings_;
  QueryLogThread query_log_;  // outlives those who log
  WorkerPool workers_;
  DaemonSubject subject_;
  status::StatusServer status_;
  Heartbeat heartbeat_;
};

}  // namespace pacedns::app
