#include "pacedns/app/heartbeat.hpp"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "pacedns/app/systemd_notify.hpp"

namespace pacedns::app {
namespace {

constexpr Duration kStatusInterval = std::chrono::seconds(5);

/// The watchdog is fed so many times within its limit: a worker that responds is noticed one beat later.
constexpr int kBeatsPerLimit = 4;

Duration choose_interval(const std::optional<Duration>& limit) {
  return limit ? std::min(kStatusInterval, *limit / kBeatsPerLimit) : kStatusInterval;
}

}  // namespace

Heartbeat::Heartbeat(boost::asio::io_context& io, std::function<bool()> alive,
                     std::function<std::string()> status)
    : timer_(io),
      alive_(std::move(alive)),
      status_(std::move(status)),
      limit_(watchdog_limit()),
      interval_(choose_interval(limit_)) {}

void Heartbeat::start() {
  if (has_service_manager()) beat();
}

void Heartbeat::beat() {
  if (!alive_()) {
    spdlog::warn("event=worker_stalled hint=\"the watchdog is not fed until all workers respond\"");
  } else if (limit_) {
    feed_watchdog();
  }
  if (std::string status = status_(); status != told_) {
    notify_status(status);
    told_ = std::move(status);
  }
  timer_.expires_after(interval_);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) beat();
  });
}

}  // namespace pacedns::app
