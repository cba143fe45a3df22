#include "pacedns/forward/flight_log.hpp"

#include <spdlog/spdlog.h>

#include "pacedns/dns/presentation.hpp"
#include "pacedns/dns/wire.hpp"

namespace pacedns::forward::flight_log {
namespace {

bool enabled() {
  return spdlog::should_log(spdlog::level::debug);
}

double since_start(const Flight& flight, TimePoint now) {
  return std::chrono::duration<double, std::milli>(now - flight.started_at).count();
}

std::string_view name(plan::ResponseVerdict verdict) {
  switch (verdict) {
    case plan::ResponseVerdict::Usable:
      return "usable";
    case plan::ResponseVerdict::Truncated:
      return "truncated";
    case plan::ResponseVerdict::NoEdns:
      return "no_edns";
    case plan::ResponseVerdict::Failure:
      return "failure";
  }
  return "?";
}

std::string_view name(cache::MergeOutcome outcome) {
  switch (outcome) {
    case cache::MergeOutcome::Merged:
      return "merged";
    case cache::MergeOutcome::Full:
      return "full";
    case cache::MergeOutcome::Disagrees:
      return "disagrees";
    case cache::MergeOutcome::OtherOwner:
      return "other_owner";
    case cache::MergeOutcome::NotMergeable:
      return "not_mergeable";
  }
  return "?";
}

/// The last transmission's way.
std::string_view transport_of(const Attempt& attempt) {
  return attempt.over_tcp ? "tcp" : "udp";
}

}  // namespace

void started(const Flight& flight) {
  if (!enabled()) return;
  const Bytes question = flight.key.question();
  spdlog::debug("event=flight_started flight={} qname={} qtype={} do={:d} cd={:d} upstreams={}",
                flight.generation, dns::name_to_text(question.first(question.size() - 4)),
                dns::type_to_text(dns::load_u16(question, question.size() - 4)), flight.key.dnssec_ok(),
                flight.key.checking_disabled(), flight.attempts.size());
}

void joined(const Flight& flight, TimePoint now) {
  if (!enabled()) return;
  spdlog::debug("event=flight_joined flight={} t={:.1f} waiters={}", flight.generation,
                since_start(flight, now), flight.waiters.size());
}

void asked(const Flight& flight, const Attempt& attempt, std::string_view tier, TimePoint now) {
  if (!enabled()) return;
  spdlog::debug("event=asked flight={} t={:.1f} upstream={} tier={} transport={} edns={:d} probe={:d}",
                flight.generation, since_start(flight, now), flight.upstream_of(attempt).server.name, tier,
                transport_of(attempt), attempt.with_edns, attempt.probe);
}

void not_sent(const Flight& flight, const Attempt& attempt, boost::system::error_code error, TimePoint now) {
  if (!enabled()) return;
  spdlog::debug("event=not_sent flight={} t={:.1f} upstream={} error=\"{}\"", flight.generation,
                since_start(flight, now), flight.upstream_of(attempt).server.name, error.message());
}

void replied(const Flight& flight, const Attempt& attempt, dns::Rcode rcode, plan::ResponseVerdict verdict,
             TimePoint now) {
  if (!enabled()) return;
  spdlog::debug("event=replied flight={} t={:.1f} upstream={} transport={} rcode={} verdict={}",
                flight.generation, since_start(flight, now), flight.upstream_of(attempt).server.name,
                transport_of(attempt), dns::rcode_to_text(rcode), name(verdict));
}

void failed(const Flight& flight, const Attempt& attempt, std::string_view why, TimePoint now) {
  if (!enabled()) return;
  spdlog::debug("event=failed flight={} t={:.1f} upstream={} reason=\"{}\"", flight.generation,
                since_start(flight, now), flight.upstream_of(attempt).server.name, why);
}

void second_tier(const Flight& flight, plan::SecondTierReason reason, TimePoint now) {
  if (!enabled()) return;
  spdlog::debug("event=second_tier flight={} t={:.1f} reason={}", flight.generation, since_start(flight, now),
                plan::name(reason));
}

void answered(const Flight& flight, std::string_view upstream, dns::Rcode rcode, TimePoint now) {
  if (!enabled()) return;
  spdlog::debug("event=answered flight={} t={:.1f} upstream={} rcode={} waiters={}", flight.generation,
                since_start(flight, now), upstream, dns::rcode_to_text(rcode), flight.waiters.size());
}

void collected(const Flight& flight, const Attempt& attempt, cache::MergeOutcome outcome, TimePoint now) {
  if (!enabled()) return;
  spdlog::debug("event=collected flight={} t={:.1f} upstream={} outcome={} pool_additions={}",
                flight.generation, since_start(flight, now), flight.upstream_of(attempt).server.name,
                name(outcome), flight.pool ? flight.pool->additions() : 0);
}

void finished(const Flight& flight, TimePoint now) {
  if (!enabled()) return;
  spdlog::debug("event=flight_finished flight={} t={:.1f} pool_additions={}", flight.generation,
                since_start(flight, now), flight.pool ? flight.pool->additions() : 0);
}

void loop_found(Upstream& upstream, TimePoint now) {
  const auto swallowed = upstream.loops.pass(now);
  if (!swallowed) return;
  spdlog::error(
      "event=forwarding_loop upstream={} address={} swallowed={} hint=\"it forwards what we ask it to us: "
      "correct its "
      "configuration, or take it from the upstreams\"",
      upstream.server.name, net::to_string(upstream.server.endpoint), *swallowed);
}

void suspected(const Flight& flight, const Attempt& attempt, upstream::SuspicionReason reason,
               TimePoint now) {
  if (!enabled()) return;
  spdlog::debug("event=suspected flight={} t={:.1f} upstream={} reason={}", flight.generation,
                since_start(flight, now), flight.upstream_of(attempt).server.name,
                reason == upstream::SuspicionReason::LetterCase ? "letter_case" : "near_misses");
}

void letter_case_lost(const Upstream& upstream) {
  spdlog::info(
      "event=letter_case_lost upstream={} hint=\"its replies do not keep the letter case: it is asked in "
      "lower case from "
      "now on\"",
      upstream.server.name);
}

void state_changed(Upstream& upstream, const health::Transition& transition, TimePoint now) {
  const auto swallowed = upstream.state_changes.pass(now);
  if (!swallowed) return;
  const auto rtt = upstream.health->smoothed_rtt().value_or(Duration::zero());
  spdlog::info("event=upstream_state upstream={} from={} to={} smoothed_rtt_ms={:.1f} swallowed={}",
               upstream.server.name, health::name(transition.from), health::name(transition.to),
               std::chrono::duration<double, std::milli>(rtt).count(), *swallowed);
}

}  // namespace pacedns::forward::flight_log
