#include <algorithm>
#include <utility>

#include "pacedns/forward/flight_log.hpp"
#include "pacedns/forward/local_error.hpp"
#include "pacedns/forward/plan_driver.hpp"

// What the driver does when replies look forged, and when an upstream does not keep the letter case. It asks
// over TCP, where nobody forges. Where TCP does not work the question goes back to UDP, and costs the
// upstream nothing: a stranger must not be able to take it from us with a few datagrams.

namespace pacedns::forward {

using boost::system::error_code;
using metrics::Counter;
using upstream::SuspicionReason;

void PlanDriver::on_suspicion(const upstream::Suspicion& suspicion, TimePoint now) {
  const upstream::ExchangeKey& key = suspicion.key;
  Flight* const flight = flights_.find(key.flight);
  if (flight == nullptr || !flight->attempts[key.position].pending()) return;
  Attempt& attempt = flight->attempts[key.position];
  if (key.transmission >= attempt.transmissions.size()) return;
  const bool letter_case = suspicion.reason == SuspicionReason::LetterCase;
  if (attempt.over_tcp) {
    const Upstream& upstream = flight->upstream_of(attempt);
    if (letter_case && upstream.health->on_letter_case_lost()) flight_log::letter_case_lost(upstream);
    return;
  }
  if (!letter_case && std::exchange(attempt.near_misses, true)) return;
  counters_.add(Counter::UpstreamSuspicions);
  flight_log::suspected(*flight, attempt, suspicion.reason, now);
  if (letter_case) attempt.udp_rtt = now - attempt.transmissions[key.transmission].sent_at;
  attempt.doubt = suspicion.reason;
  attempt.over_tcp = true;
  flight->plan.on_doubt(key.position, now);
  deadlines_.set(InflightQueries::slot_of(key.flight), flight->plan.next_deadline());
  ask_again(key.flight, key.position, now);
}

/// Once, while there is a connection: the upstream may have much to do for this question. That there is one
/// does not mean that anybody reads from it.
bool PlanDriver::is_worth_waiting_for(const Flight& flight, Attempt& attempt) {
  return !std::exchange(attempt.waited, true) && flight.upstream_of(attempt).tcp->connected();
}

/// TCP told nothing: the caller asks over UDP. That is done with a new ID, from another port, and no longer
/// in random letter case if that may be what the upstream cannot keep. Whoever forged the reply that made us
/// doubt it would have guessed ID and port, which was all there was to guess before.
void PlanDriver::return_to_udp(const Flight& flight, Attempt& attempt, error_code error) {
  if (attempt.doubt == SuspicionReason::LetterCase) {
    if (!is_local(error)) leave_in_doubt(flight, attempt);
    attempt.lower_case = true;
  }
  attempt.doubt.reset();
  attempt.udp_rtt.reset();
  attempt.over_tcp = false;
  attempt.end_transmissions();
}

void PlanDriver::note_letter_case_kept(const Flight& flight, const Attempt& attempt) {
  if (flight.spelling(attempt) != upstream::Spelling::Random) return;
  const Bytes question = flight.key.question();
  const Bytes name = question.first(question.size() - 4);
  if (std::ranges::any_of(name, [](std::uint8_t octet) { return octet >= 'a' && octet <= 'z'; }))
    flight.upstream_of(attempt).health->on_letter_case_kept();
}

void PlanDriver::leave_in_doubt(const Flight& flight, const Attempt& attempt) {
  const Upstream& upstream = flight.upstream_of(attempt);
  if (attempt.doubt == SuspicionReason::LetterCase && upstream.health->on_letter_case_in_doubt())
    flight_log::letter_case_lost(upstream);
}

}  // namespace pacedns::forward
