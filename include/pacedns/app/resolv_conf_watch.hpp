#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "pacedns/app/path_watch.hpp"
#include "pacedns/config/config.hpp"
#include "pacedns/config/resolv_conf.hpp"
#include "pacedns/upstream/upstream_options.hpp"

namespace pacedns::app {

/// What the file of `upstream.resolv_conf` says at this moment.
struct ResolvConfReading {
  config::ResolvConf found;
  config::FileServers chosen;
  std::string problem;  ///< why nothing was found, if that is not what the file says
};

[[nodiscard]] ResolvConfReading read_resolv_conf(const config::Config& config);

/// The upstreams that the file of `upstream.resolv_conf` names, kept up to date. A file that is missing,
/// unreadable or names nobody but ourselves leaves the last ones as they are: that is how it looks while it
/// is being replaced or a network is changed. What becomes of it is in the log.
class ResolvConfWatch {
 public:
  /// `on_change` runs in `io` whenever `servers` has changed by itself. `io` does not run any more when this
  /// is destroyed.
  ResolvConfWatch(boost::asio::io_context& io, std::function<void()> on_change,
                  Duration poll_interval = PathWatch::kPollInterval);

  /// From now on it is the file that `config` names, if it names one, read at once; without `on_change`.
  void follow(std::shared_ptr<const config::Config> config);

  /// Those that `upstream.servers` does not have already.
  [[nodiscard]] const std::vector<upstream::ServerOptions>& servers() const { return servers_; }

 private:
  [[nodiscard]] bool update();
  void log_skipped(const std::vector<std::string>& skipped);
  void log_left_out(const std::vector<config::FileServers::LeftOut>& left_out);
  void log_outcome(const std::string& problem, bool changed);

  std::function<void()> on_change_;
  std::shared_ptr<const config::Config> config_;
  std::string path_;
  std::vector<upstream::ServerOptions> named_;  // by the file when it last was of use
  std::vector<upstream::ServerOptions> servers_;
  // What the log has been told already.
  std::optional<std::string> problem_;
  std::vector<std::string> skipped_;
  std::vector<config::FileServers::LeftOut> left_out_;
  PathWatch watch_;
};

}  // namespace pacedns::app
