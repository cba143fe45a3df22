#include "pacedns/forward/flight_record.hpp"

#include <utility>

namespace pacedns::forward {

FlightRecord::FlightRecord(const Flight& flight, std::vector<std::uint8_t> flight_replies,
                           TimePoint flight_finished_at)
    : generation(flight.generation),
      upstreams(flight.upstreams->names()),
      question(flight.key.question().begin(), flight.key.question().end()),
      merges(flight.settings->forward.merge == Merge::Addresses),
      dnssec_ok(flight.key.dnssec_ok()),
      checking_disabled(flight.key.checking_disabled()),
      started_at(flight.started_at),
      second_tier_at(flight.second_tier_at),
      second_tier_reason(flight.second_tier_reason),
      answered_at(flight.answer ? flight.answered_at : kNever),
      finished_at(flight_finished_at),
      winner(flight.winner),
      answer_rcode(flight.answer_rcode),
      clients(flight.clients + static_cast<std::uint32_t>(flight.waiters.size())),
      attempts(flight.attempts.begin(), flight.attempts.end()),
      replies(std::move(flight_replies)) {
  if (open()) return;
  for (AttemptStory& attempt : attempts) {
    if (attempt.outcome != AttemptOutcome::Pending) continue;
    attempt.outcome = AttemptOutcome::Abandoned;
    attempt.ended_at = finished_at;
  }
}

std::size_t FlightRecord::footprint() const {
  // The object with its counts of references, and what the allocator adds to each of its blocks.
  constexpr std::size_t kOverhead = 80;
  return sizeof(FlightRecord) + kOverhead + question.capacity() + replies.capacity() +
         attempts.capacity() * sizeof(AttemptStory);
}

}  // namespace pacedns::forward
