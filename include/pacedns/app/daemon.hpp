#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "pacedns/app/heartbeat.hpp"
#include "pacedns/app/resolv_conf_watch.hpp"
#include "pacedns/app/worker_pool.hpp"
#include "pacedns/base/random.hpp"
#include "pacedns/config/config.hpp"
#include "pacedns/forward/settings.hpp"
#include "pacedns/health/health_table.hpp"

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
  /// Without a result the log says why.
  [[nodiscard]] std::optional<ListenAddresses::Prepared> prepare_to_listen(const config::Config& config);
  void listen(ListenAddresses::Prepared prepared);
  void await_signal();
  void on_signal(int signal);
  void reload();
  void apply(std::shared_ptr<const config::Config> config, ListenAddresses::Prepared prepared);
  void follow_resolv_conf();
  void log_statistics() const;
  [[nodiscard]] std::string status_line() const;
  [[nodiscard]] std::shared_ptr<const forward::Settings> make_settings(const config::Config& config);

  std::string config_path_;
  std::shared_ptr<const config::Config> started_with_;  // what needs a restart is still as it was here
  std::shared_ptr<const config::Config> config_;
  boost::asio::io_context io_{1};
  boost::asio::signal_set signals_;
  ResolvConfWatch resolv_conf_;
  health::HealthTable health_;
  Random random_;
  std::shared_ptr<const forward::Settings> settings_;
  WorkerPool workers_;
  Heartbeat heartbeat_;
};

}  // namespace pacedns::app
