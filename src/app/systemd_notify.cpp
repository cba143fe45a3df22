#include "pacedns/app/systemd_notify.hpp"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <systemd/sd-daemon.h>

#include "pacedns/base/time.hpp"

namespace pacedns::app {

void notify_ready() {
  sd_notify(0, "READY=1");
}

void notify_reloading() {
  // The steady clock is CLOCK_MONOTONIC, which is what MONOTONIC_USEC is read from.
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(steady_now().time_since_epoch());
  sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count())).c_str());
}

void notify_stopping() {
  sd_notify(0, "STOPPING=1");
}

void notify_status(const std::string& line) {
  sd_notify(0, ("STATUS=" + line).c_str());
}

void feed_watchdog() {
  sd_notify(0, "WATCHDOG=1");
}

bool has_service_manager() {
  return std::getenv("NOTIFY_SOCKET") != nullptr;  // NOLINT(concurrency-mt-unsafe): nobody sets it
}

std::optional<Duration> watchdog_limit() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::microseconds(microseconds);
}

}  // namespace pacedns::app
