#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <boost/container/small_vector.hpp>

#include "pacedns/dns/registry.hpp"

namespace pacedns::plan {

/// A place in the plan's rank order; the driver knows which upstream stands there.
using Position = std::uint16_t;

/// Why the second tier started.
enum class SecondTierReason : std::uint8_t { FirstReply, AllFailed, Timeout };

[[nodiscard]] std::string_view name(SecondTierReason reason);

/// Why an attempt failed. Without an RCODE nothing was heard from the upstream.
struct AttemptFailure {
  std::optional<dns::Rcode> rcode{};
  dns::ExtendedError error = dns::ExtendedError::None;  ///< what the reply said about it
  bool network_error = false;                           ///< ICMP, refused, reset, unreachable
};

/// What the driver has to do, in this order.
struct PlanAction {
  enum class Kind : std::uint8_t {
    Launch,           ///< ask the upstream at `position`
    Retransmit,       ///< ask it again over UDP, with a fresh ID and port
    NoteSilence,      ///< it has been silent for its retransmission time
    StartSecondTier,  ///< nothing to do but tell; `reason` says why. Launches follow
    Answer,           ///< answer the waiters with the reply that was just reported
    AnswerFailure,    ///< answer the waiters with `rcode` and `error`
    Expire,           ///< no reply from `position` by the deadline
    Finish,           ///< the flight is over
  };

  Kind kind;
  Position position = 0;
  SecondTierReason reason = SecondTierReason::FirstReply;
  dns::Rcode rcode = dns::Rcode::NoError;
  dns::ExtendedError error = dns::ExtendedError::None;

  friend bool operator==(const PlanAction&, const PlanAction&) = default;
};

using PlanActions = boost::container::small_vector<PlanAction, 8>;

}  // namespace pacedns::plan
