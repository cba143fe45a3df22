#pragma once

#include "pacedns/cache/address_pool.hpp"
#include "pacedns/forward/flight.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/plan/plan_action.hpp"
#include "pacedns/plan/response_verdict.hpp"

// What is counted of the phases of a flight, in the counters of its worker and of the upstream at hand.

namespace pacedns::forward::flight_metrics {

void launched(const Flight& flight, const Attempt& attempt, metrics::Counters& counters);
void replied(Upstream& upstream, plan::ResponseVerdict verdict);
void second_tier(plan::SecondTierReason reason, metrics::Counters& counters);

/// The winner's reply answers the clients; its attempt has been concluded.
void answered(const Flight& flight, const Attempt& winner, metrics::Counters& counters);

/// A failure does.
void failed(const Flight& flight, metrics::Counters& counters);

/// A usable reply after the answer.
void collected(const Flight& flight, cache::MergeOutcome outcome, metrics::Counters& counters);

}  // namespace pacedns::forward::flight_metrics
