#pragma once

#include <string_view>

#include <boost/system/error_code.hpp>

#include "pacedns/base/time.hpp"
#include "pacedns/cache/address_pool.hpp"
#include "pacedns/dns/registry.hpp"
#include "pacedns/forward/flight.hpp"
#include "pacedns/health/upstream_health.hpp"
#include "pacedns/plan/plan_action.hpp"
#include "pacedns/plan/response_verdict.hpp"

// What a person reads to follow one query: a line for each phase of its flight at level debug, with `flight`
// as its number and `t` as milliseconds since its start; and the state changes of upstreams at level info.
// Formatting costs nothing while the level is off.

namespace pacedns::forward::flight_log {

void started(const Flight& flight);
void joined(const Flight& flight, TimePoint now);
void asked(const Flight& flight, const Attempt& attempt, std::string_view tier, TimePoint now);
void not_sent(const Flight& flight, const Attempt& attempt, boost::system::error_code error, TimePoint now);
void replied(const Flight& flight, const Attempt& attempt, dns::Rcode rcode, plan::ResponseVerdict verdict,
             TimePoint now);
void failed(const Flight& flight, const Attempt& attempt, std::string_view why, TimePoint now);
/// A reply to the attempt looked forged: it was right but for the letter case, or many had wrong IDs.
void suspected(const Flight& flight, const Attempt& attempt, upstream::SuspicionReason reason, TimePoint now);
void second_tier(const Flight& flight, plan::SecondTierReason reason, TimePoint now);
void answered(const Flight& flight, std::string_view upstream, dns::Rcode rcode, TimePoint now);
void collected(const Flight& flight, const Attempt& attempt, cache::MergeOutcome outcome, TimePoint now);
void finished(const Flight& flight, TimePoint now);

void loop_found(Upstream& upstream, TimePoint now);
void letter_case_lost(const Upstream& upstream);
void state_changed(Upstream& upstream, const health::Transition& transition, TimePoint now);

}  // namespace pacedns::forward::flight_log
