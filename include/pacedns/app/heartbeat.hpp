#pragma once

#include <functional>
#include <optional>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "pacedns/base/time.hpp"

namespace pacedns::app {

/// Tells the service manager at intervals that the daemon is alive, as long as all its workers are, and how
/// it does. Does nothing without a service manager.
class Heartbeat {
 public:
  /// `alive` says whether all has made progress since it was last asked; `status` is the line to show.
  Heartbeat(boost::asio::io_context& io, std::function<bool()> alive, std::function<std::string()> status);

  void start();

 private:
  void beat();

  boost::asio::steady_timer timer_;
  std::function<bool()> alive_;
  std::function<std::string()> status_;
  std::optional<Duration> limit_;  // of the watchdog
  Duration interval_;
  std::string told_;
};

}  // namespace pacedns::app
