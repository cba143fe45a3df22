#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "pacedns/base/bytes.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/dns/registry.hpp"
#include "pacedns/forward/attempt.hpp"
#include "pacedns/forward/flight.hpp"
#include "pacedns/forward/upstream_set.hpp"
#include "pacedns/plan/plan_action.hpp"

namespace pacedns::forward {

/// What is remembered of a flight, or known of one that is still open: who was asked when and said what.
/// Immutable once it is shared between threads.
struct FlightRecord {
  /// As the flight is at this moment; `finished_at` is kNever while it is open. `flight_replies` are the
  /// flight's, or a copy.
  FlightRecord(const Flight& flight, std::vector<std::uint8_t> flight_replies, TimePoint flight_finished_at);

  std::uint64_t generation;
  UpstreamSet::Names upstreams;        ///< whom it could ask. Not what they are: that is free to go
  std::vector<std::uint8_t> question;  ///< in wire format, in lower case
  bool merges;                         ///< `upstream.merge` was on
  bool dnssec_ok;
  bool checking_disabled;
  TimePoint started_at;
  TimePoint second_tier_at;  ///< kNever: it did not begin
  plan::SecondTierReason second_tier_reason;
  TimePoint answered_at;  ///< kNever: not yet
  TimePoint finished_at;
  std::optional<plan::Position> winner;  ///< nobody's reply won: the answer is a failure
  dns::Rcode answer_rcode;
  std::uint32_t clients;               ///< that it has answered, or that wait
  std::vector<AttemptStory> attempts;  ///< by position in the plan; those that are Untried too

  [[nodiscard]] bool open() const { return finished_at == kNever; }
  [[nodiscard]] std::string_view upstream_of(const AttemptStory& attempt) const {
    return (*upstreams)[attempt.upstream];
  }

  /// The reply as it came; empty if it was not kept.
  [[nodiscard]] Bytes reply_of(const AttemptStory& attempt) const {
    return Bytes(replies).subspan(attempt.reply_at, attempt.reply_size);
  }

  /// The memory it takes, roughly.
  [[nodiscard]] std::size_t footprint() const;

  std::vector<std::uint8_t> replies;  ///< see `reply_of`
};

}  // namespace pacedns::forward
