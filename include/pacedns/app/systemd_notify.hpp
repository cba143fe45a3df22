#pragma once

#include <optional>
#include <string>

#include "pacedns/base/time.hpp"

// What the service manager is told (sd_notify(3)). Each call does nothing when there is none.

namespace pacedns::app {

/// All addresses are bound and queries are answered; also ends a reload.
void notify_ready();
void notify_reloading();
void notify_stopping();
/// A line for `systemctl status`.
void notify_status(const std::string& line);
void feed_watchdog();

[[nodiscard]] bool has_service_manager();

/// How long the watchdog waits to be fed (`WatchdogSec=`), if it watches this process.
[[nodiscard]] std::optional<Duration> watchdog_limit();

}  // namespace pacedns::app
