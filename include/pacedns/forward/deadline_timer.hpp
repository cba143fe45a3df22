#pragma once

#include <functional>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "pacedns/base/time.hpp"

namespace pacedns::forward {

/// One worker's only timer, armed for the earliest of its deadlines.
class DeadlineTimer {
 public:
  DeadlineTimer(boost::asio::io_context& io, std::function<void()> due) : timer_(io), due_(std::move(due)) {}

  /// Calls `due` once at `deadline` or soon after, unless it is armed for an earlier time already: then
  /// `due` is called at that time, and may arm it again. kNever does nothing.
  void arm(TimePoint deadline);

 private:
  boost::asio::steady_timer timer_;
  std::function<void()> due_;
  TimePoint armed_for_ = kNever;
};

}  // namespace pacedns::forward
