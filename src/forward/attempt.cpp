#include "pacedns/forward/attempt.hpp"

#include <utility>

namespace pacedns::forward {

std::string_view name(Tier tier) {
  switch (tier) {
    case Tier::Active:
      return "active";
    case Tier::Second:
      return "second";
    case Tier::Probe:
      return "probe";
  }
  return "?";
}

std::string_view name(AttemptOutcome outcome) {
  switch (outcome) {
    case AttemptOutcome::Untried:
      return "untried";
    case AttemptOutcome::Pending:
      return "pending";
    case AttemptOutcome::Usable:
      return "usable";
    case AttemptOutcome::Failure:
      return "failure";
    case AttemptOutcome::NetworkError:
      return "network_error";
    case AttemptOutcome::NoReply:
      return "no_reply";
    case AttemptOutcome::NotSent:
      return "not_sent";
    case AttemptOutcome::Abandoned:
      return "abandoned";
  }
  return "?";
}

void Attempt::end_transmissions() {
  const auto ended = std::exchange(transmissions, {});
  for (const Transmission& transmission : ended)
    transmission.transport->cancel(transmission.ticket);
}

}  // namespace pacedns::forward
