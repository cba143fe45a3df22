#include "pacedns/forward/flight.hpp"

#include <utility>

namespace pacedns::forward {

void Attempt::end_transmissions() {
  const auto ended = std::exchange(transmissions, {});
  for (const Transmission& transmission : ended)
    transmission.transport->cancel(transmission.ticket);
}

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
    conclude(attempt);
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

void Flight::conclude(Attempt& attempt) const {
  attempt.over = true;
  attempt.end_transmissions();
  if (std::exchange(attempt.probe, false)) upstream_of(attempt).health->end_probe();
}

}  // namespace pacedns::forward
