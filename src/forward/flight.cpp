#include "pacedns/forward/flight.hpp"

#include <utility>

namespace pacedns::forward {

Flight::Flight(const cache::CacheKey& flight_key, std::uint64_t flight_generation,
               std::shared_ptr<const Settings> flight_settings, std::shared_ptr<UpstreamSet> flight_upstreams,
               const Choice& choice, TimePoint now)
    : key(flight_key),
      generation(flight_generation),
      settings(std::move(flight_settings)),
      upstreams(std::move(flight_upstreams)),
      plan(settings->plan, choice.candidates),
      attempts(choice.upstreams.size()),
      started_at(now) {
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    attempts[i].upstream = choice.upstreams[i];
    attempts[i].probe = choice.candidates[i].probe;
  }
}

Flight::~Flight() {
  for (Attempt& attempt : attempts)
    end(attempt);
}

Bytes Flight::query(bool with_edns) {
  auto& query = with_edns ? query_with_edns_ : query_without_edns_;
  if (query.empty()) {
    query = dns::build_query({.question = key.question(),
                              .checking_disabled = key.checking_disabled(),
                              .dnssec_ok = key.dnssec_ok()},
                             with_edns);
  }
  return query;
}

upstream::Spelling Flight::spelling(const Attempt& attempt) const {
  const bool random = settings->forward.case_randomization == CaseRandomization::Auto &&
                      upstream_of(attempt).health->keeps_letter_case() && !attempt.lower_case &&
                      (!attempt.over_tcp || attempt.doubt == upstream::SuspicionReason::LetterCase);
  return random ? upstream::Spelling::Random : upstream::Spelling::AsIs;
}

void Flight::conclude(Attempt& attempt, AttemptOutcome outcome, TimePoint now) const {
  attempt.outcome = outcome;
  attempt.ended_at = now;
  end(attempt);
}

void Flight::end(Attempt& attempt) const {
  attempt.end_transmissions();
  if (std::exchange(attempt.probe, false)) upstream_of(attempt).health->end_probe();
}

void Flight::remember(Attempt& attempt, Bytes reply) {
  // A dozen of usual size. Flights are many, and upstreams and names may be others' choice.
  constexpr std::size_t kRoom = 8192;
  attempt.reply_size = 0;
  if (!remembered || replies.size() + reply.size() > kRoom) return;
  attempt.reply_at = static_cast<std::uint32_t>(replies.size());
  attempt.reply_size = static_cast<std::uint32_t>(reply.size());
  replies.insert(replies.end(), reply.begin(), reply.end());
}

}  // namespace pacedns::forward
