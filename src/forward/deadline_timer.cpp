#include "pacedns/forward/deadline_timer.hpp"

namespace pacedns::forward {

void DeadlineTimer::arm(TimePoint deadline) {
  if (deadline >= armed_for_) return;
  armed_for_ = deadline;
  timer_.expires_at(deadline);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;  // armed anew for an earlier time
    armed_for_ = kNever;
    due_();
  });
}

}  // namespace pacedns::forward
