#include "pacedns/forward/plan_driver.hpp"

#include <algorithm>
#include <utility>

#include "pacedns/forward/flight_log.hpp"
#include "pacedns/plan/response_verdict.hpp"

namespace pacedns::forward {
namespace {

using boost::system::error_code;
using metrics::Counter;
using plan::PlanAction;
using plan::ResponseVerdict;

/// Clients that repeat themselves wait more than once; beyond this, new ones are refused.
constexpr std::size_t kWaitersPerFlight = 16;

/// What we lack ourselves is no news about the upstream.
bool is_local(error_code error) {
  namespace errc = boost::system::errc;
  return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
         error == errc::not_enough_memory || error == errc::no_buffer_space ||
         error == errc::address_not_available || error == errc::resource_unavailable_try_again;
}

/// In seconds. One that must not be kept at all (TTL 0) still serves those who ask within the same second.
std::uint32_t kept_for(const cache::ResponseImage& answer) {
  return std::max<std::uint32_t>(answer.lifetime, 1);
}

std::size_t share(std::size_t limit, unsigned workers) {
  return (limit + workers - 1) / workers;
}

}  // namespace

PlanDriver::PlanDriver(Place place, cache::MessageCache& cache, const cache::KeyHasher& hasher,
                       metrics::Counters& counters, Random& random, upstream::TransportFactory& transports,
                       AnswerSink& sink)
    : place_(place),
      cache_(cache),
      hasher_(hasher),
      counters_(counters),
      random_(random),
      transports_(transports),
      sink_(sink),
      next_generation_(place.worker + place.workers) {}

void PlanDriver::apply(std::shared_ptr<const Settings> settings) {
  upstreams_ = std::make_shared<UpstreamSet>(transports_, *settings, upstreams_.get());
  loop_detector_ = {};
  settings_ = std::move(settings);
}

bool PlanDriver::resolve(const cache::CacheKey& key, Waiter&& waiter, TimePoint now) {
  Flight* const flight = flights_.find(key);
  // An answer that has outlived its TTL while the rest is still being collected is not given to anybody new.
  const bool usable =
      flight != nullptr && (!flight->answer || flight->answer_age(now) < kept_for(*flight->answer));
  if (usable && flight->answer) {
    counters_.add(Counter::FlightsJoined);
    sink_.deliver({&waiter, 1}, flight->answer, flight->answer_age(now));
    return true;
  }
  const std::size_t limit = share(settings_->forward.inflight_queries, place_.workers);
  if (waiting_ >= limit * kWaitersPerFlight) return false;
  if (usable) {
    counters_.add(Counter::FlightsJoined);
    flight->waiters.push_back(std::move(waiter));
    flight->joined = true;
    ++waiting_;
    flight_log::joined(*flight, now);
    return true;
  }
  if (flights_.size() >= limit && !make_room(now)) return false;
  start_flight(key, upstreams_->choose(now), std::move(waiter), now);
  return true;
}

bool PlanDriver::make_room(TimePoint now) {
  while (!answered_.empty()) {
    const Handle handle = answered_.front();
    answered_.pop_front();
    Flight* const flight = flights_.find(handle);
    if (flight == nullptr) continue;
    counters_.add(Counter::FlightsGivenUp);
    act(handle, flight->plan.give_way(), nullptr, now);
    return true;
  }
  return false;
}

void PlanDriver::start_flight(const cache::CacheKey& key, const Choice& choice, std::optional<Waiter> waiter,
                              TimePoint now) {
  counters_.add(Counter::FlightsStarted);
  const Handle handle = flights_.emplace(key, next_generation_, settings_, upstreams_, choice, now);
  next_generation_ += place_.workers;
  Flight& flight = *flights_.find(handle);
  flight.ours = !waiter;
  if (waiter) {
    flight.waiters.push_back(*std::move(waiter));
    ++waiting_;
  }
  flight_log::started(flight);
  act(handle, flight.plan.start(now), nullptr, now);
}

// One action after the other, until the plan has nothing more to say. `reply` is the one that was just
// reported to it.
void PlanDriver::act(Handle handle, plan::PlanActions actions, const dns::MessageView* reply, TimePoint now) {
  Flight& flight = *flights_.find(handle);
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const PlanAction action = actions[i];
    switch (action.kind) {
      case PlanAction::Kind::Launch:
        launch(handle, action.position, actions, now);
        break;
      case PlanAction::Kind::Retransmit:
        retransmit(handle, action.position, now);
        break;
      case PlanAction::Kind::NoteSilence:
        note_silence(flight, flight.attempts[action.position], now);
        break;
      case PlanAction::Kind::StartSecondTier:
        flight.second_tier = true;
        count_second_tier(action.reason);
        flight_log::second_tier(flight, action.reason, now);
        break;
      case PlanAction::Kind::Answer:
        answer(flight, action.position, *reply, now);
        answered_.push_back(handle);
        break;
      case PlanAction::Kind::AnswerFailure:
        answer_failure(flight, action.rcode, action.error, now);
        break;
      case PlanAction::Kind::Expire:
        expire(flight, action.position, now);
        break;
      case PlanAction::Kind::Finish:
        finish(handle, now);
        return;
    }
  }
  deadlines_.set(InflightQueries::slot_of(handle), flight.plan.next_deadline());
}

void PlanDriver::launch(Handle handle, plan::Position position, plan::PlanActions& actions, TimePoint now) {
  Flight& flight = *flights_.find(handle);
  Attempt& attempt = flight.attempts[position];
  attempt.over = false;
  attempt.launched_at = now;
  attempt.over_tcp = flight.upstream_of(attempt).udp == nullptr;
  flight_log::asked(flight, attempt, flight.second_tier ? "second" : "active", now);
  const error_code error = transmit(handle, position, now);
  if (!error) return;
  counters_.add(Counter::UpstreamFailures);
  flight_log::not_sent(flight, attempt, error, now);
  if (!is_local(error)) blame(flight, attempt, now);
  flight.conclude(attempt);
  for (const PlanAction& more : flight.plan.on_failure(position, {.network_error = true}, now)) {
    actions.push_back(more);
  }
}

void PlanDriver::retransmit(Handle handle, plan::Position position, TimePoint now) {
  Flight& flight = *flights_.find(handle);
  counters_.add(Counter::UpstreamRetransmissions);
  flight_log::asked(flight, flight.attempts[position], "retransmission", now);
  const error_code error = transmit(handle, position, now);
  // The transmissions before it may still be answered.
  if (error) flight_log::not_sent(flight, flight.attempts[position], error, now);
}

error_code PlanDriver::transmit(Handle handle, plan::Position position, TimePoint now) {
  Flight& flight = *flights_.find(handle);
  Attempt& attempt = flight.attempts[position];
  Upstream& upstream = flight.upstream_of(attempt);
  upstream::Transport& transport = attempt.over_tcp ? *upstream.tcp : *upstream.udp;
  const upstream::ExchangeKey key{handle, position, static_cast<std::uint16_t>(attempt.transmissions.size())};
  const auto ticket = transport.send(key, flight.query(attempt.with_edns), now);
  if (!ticket) return ticket.error();
  counters_.add(Counter::UpstreamQueries);
  attempt.transmissions.push_back({&transport, *ticket, now});
  return {};
}

void PlanDriver::answer(Flight& flight, plan::Position position, const dns::MessageView& reply,
                        TimePoint now) {
  const auto image = std::make_shared<const cache::ResponseImage>(
      cache::make_image(reply, flight.key.question(), flight.settings->ttl));
  flight_log::answered(flight, flight.upstream_of(flight.attempts[position]).server.name, reply.rcode(), now);
  flight.answer_rcode = reply.rcode();
  const bool mergeable = flight.settings->forward.merge == Merge::Addresses && !flight.key.dnssec_ok();
  if (mergeable && flight.attempts.size() > 1) flight.pool = cache::AddressPool::from_winner(reply);
  tell_waiters(flight, image, now);
}

void PlanDriver::answer_failure(Flight& flight, dns::Rcode rcode, dns::ExtendedError error, TimePoint now) {
  counters_.add(Counter::AnswersFailed);
  cache::ResponseImage failure =
      cache::make_failure_image(flight.key.question(), rcode, error, flight.settings->ttl);
  // Where there is no upstream, none is spared by remembering the failure, and the first one to appear is
  // to be asked at once.
  if (flight.attempts.empty()) failure.lifetime = 0;
  const auto image = std::make_shared<const cache::ResponseImage>(std::move(failure));
  flight_log::answered(flight, "none", rcode, now);
  tell_waiters(flight, image, now);
}

void PlanDriver::tell_waiters(Flight& flight, std::shared_ptr<const cache::ResponseImage> image,
                              TimePoint now) {
  flight.answer = image;
  flight.answered_at = now;
  if (flight.ours) return;
  cache_.store(flight.key, *image, now, now, flight.generation);
  waiting_ -= flight.waiters.size();
  sink_.deliver(flight.waiters, std::move(image), 0);
  flight.waiters.clear();
  const auto upstream = loop_detector_.on_answered(flight.joined, upstreams_->size(), now);
  if (upstream) look_for_loop(*upstream, now);
}

void PlanDriver::look_for_loop(std::size_t upstream, TimePoint now) {
  const LoopName name(settings_->loop_secret, upstream, random_.next_u16());
  start_flight({name.question(), false, false, hasher_}, upstreams_->only(upstream), std::nullopt, now);
}

Upstream* PlanDriver::find_loop(const dns::Question& question) const {
  const auto upstream = LoopName::find_upstream(question, settings_->loop_secret);
  return upstream && *upstream < upstreams_->size() ? &(*upstreams_)[*upstream] : nullptr;
}

void PlanDriver::expire(Flight& flight, plan::Position position, TimePoint now) {
  Attempt& attempt = flight.attempts[position];
  // One that was asked just before the deadline had no fair chance.
  if (now - attempt.launched_at >= flight.upstream_of(attempt).health->retransmission_time()) {
    counters_.add(Counter::UpstreamFailures);
    flight_log::failed(flight, attempt, "no reply by the deadline", now);
    blame(flight, attempt, now);
  }
  flight.conclude(attempt);
}

void PlanDriver::finish(Handle handle, TimePoint now) {
  Flight& flight = *flights_.find(handle);
  if (flight.pool && flight.pool->additions() > 0) {
    counters_.add(Counter::PoolAdditions, flight.pool->additions());
    cache_.store(flight.key, flight.pool->merge_into(*flight.answer, flight.settings->ttl),
                 flight.answered_at, now, flight.generation);
  }
  flight_log::finished(flight, now);
  deadlines_.remove(InflightQueries::slot_of(handle));
  flights_.remove(handle);
  // Flights that ended by themselves leave their handles behind; those at the front are cleared here, so the
  // queue holds no more than what came after the oldest flight that is still collecting.
  while (!answered_.empty() && flights_.find(answered_.front()) == nullptr)
    answered_.pop_front();
}

void PlanDriver::on_reply(const upstream::ExchangeKey& key, const dns::MessageView& reply, TimePoint now) {
  Flight* const flight = flights_.find(key.flight);
  if (flight == nullptr || flight->attempts[key.position].over) return;
  Attempt& attempt = flight->attempts[key.position];
  if (key.transmission >= attempt.transmissions.size()) return;
  const ResponseVerdict verdict = plan::judge(reply, attempt.with_edns, attempt.over_tcp);
  flight_log::replied(*flight, attempt, reply.rcode(), verdict, now);
  const Duration rtt = now - attempt.transmissions[key.transmission].sent_at;
  flight->upstream_of(attempt).health->on_reply(now);
  switch (verdict) {
    case ResponseVerdict::Usable:
      on_usable(key.flight, key.position, attempt.udp_rtt.value_or(rtt), reply, now);
      break;
    case ResponseVerdict::Truncated:
      attempt.over_tcp = true;
      attempt.udp_rtt = rtt;
      flight->plan.on_truncated(key.position);
      ask_again(key.flight, key.position, now);
      break;
    case ResponseVerdict::NoEdns:
      attempt.with_edns = false;
      ask_again(key.flight, key.position, now);
      break;
    case ResponseVerdict::Failure: {
      Upstream& upstream = flight->upstream_of(attempt);
      if (!flight->ours) note(upstream, upstream.health->on_soft_failure(), now);
      if (attempt.probe) upstream.health->on_probe_failure(now, random_.next_u32());
      fail_attempt(key.flight, key.position, {.rcode = reply.rcode()}, now);
      break;
    }
  }
}

void PlanDriver::on_failure(const upstream::ExchangeKey& key, error_code error, TimePoint now) {
  Flight* const flight = flights_.find(key.flight);
  if (flight == nullptr || flight->attempts[key.position].over) return;
  Attempt& attempt = flight->attempts[key.position];
  if (key.transmission >= attempt.transmissions.size()) return;
  flight_log::failed(*flight, attempt, error.message(), now);
  if (!is_local(error)) blame(*flight, attempt, now);
  fail_attempt(key.flight, key.position, {.network_error = true}, now);
}

void PlanDriver::on_usable(Handle handle, plan::Position position, Duration rtt,
                           const dns::MessageView& reply, TimePoint now) {
  Flight& flight = *flights_.find(handle);
  Attempt& attempt = flight.attempts[position];
  Upstream& upstream = flight.upstream_of(attempt);
  note(upstream, upstream.health->on_success(rtt), now);
  flight.conclude(attempt);
  if (flight.answer) collect(flight, attempt, reply, now);
  act(handle, flight.plan.on_usable(position, now), &reply, now);
}

/// The same upstream, within the same attempt, in another way: the exchanges before are over.
void PlanDriver::ask_again(Handle handle, plan::Position position, TimePoint now) {
  Flight& flight = *flights_.find(handle);
  Attempt& attempt = flight.attempts[position];
  attempt.end_transmissions();
  flight_log::asked(flight, attempt, "retry", now);
  const error_code error = transmit(handle, position, now);
  if (!error) return;
  flight_log::not_sent(flight, attempt, error, now);
  if (!is_local(error)) blame(flight, attempt, now);
  fail_attempt(handle, position, {.network_error = true}, now);
}

void PlanDriver::fail_attempt(Handle handle, plan::Position position, const plan::AttemptFailure& failure,
                              TimePoint now) {
  Flight& flight = *flights_.find(handle);
  counters_.add(Counter::UpstreamFailures);
  flight.conclude(flight.attempts[position]);
  act(handle, flight.plan.on_failure(position, failure, now), nullptr, now);
}

void PlanDriver::collect(Flight& flight, const Attempt& attempt, const dns::MessageView& reply,
                         TimePoint now) {
  cache::MergeOutcome outcome = cache::MergeOutcome::NotMergeable;
  if (flight.pool) {
    outcome = flight.pool->add(reply);
  } else if (reply.rcode() != flight.answer_rcode || cache::is_negative(reply) != flight.answer->negative) {
    outcome = cache::MergeOutcome::Disagrees;
  }
  if (outcome == cache::MergeOutcome::Disagrees) {
    counters_.add(Counter::Disagreements);
  } else if (outcome != cache::MergeOutcome::Merged && flight.pool) {
    counters_.add(Counter::PoolRefusals);
  }
  flight_log::collected(flight, attempt, outcome, now);
}

void PlanDriver::note_silence(Flight& flight, const Attempt& attempt, TimePoint now) {
  Upstream& upstream = flight.upstream_of(attempt);
  if (flight.ours || upstream.health->replied_since(attempt.launched_at)) return;
  note(upstream, upstream.health->on_silence(), now);
}

void PlanDriver::blame(Flight& flight, const Attempt& attempt, TimePoint now) {
  if (flight.ours) return;
  Upstream& upstream = flight.upstream_of(attempt);
  if (attempt.probe) {
    upstream.health->on_probe_failure(now, random_.next_u32());
  } else if (!upstream.health->replied_since(attempt.launched_at)) {
    note(upstream, upstream.health->on_failure(now, random_.next_u32()), now);
  }
}

void PlanDriver::note(Upstream& upstream, const std::optional<health::Transition>& transition,
                      TimePoint now) {
  if (transition) flight_log::state_changed(upstream, *transition, now);
}

void PlanDriver::count_second_tier(plan::SecondTierReason reason) {
  switch (reason) {
    case plan::SecondTierReason::FirstReply:
      counters_.add(Counter::SecondTierAfterReply);
      break;
    case plan::SecondTierReason::AllFailed:
      counters_.add(Counter::SecondTierAfterFailure);
      break;
    case plan::SecondTierReason::Timeout:
      counters_.add(Counter::SecondTierAfterTimeout);
      break;
  }
}

void PlanDriver::on_deadline(TimePoint now) {
  while (const auto slot = deadlines_.due(now)) {
    const Handle handle = flights_.handle_of(*slot);
    act(handle, flights_.find(handle)->plan.on_deadline(now), nullptr, now);
  }
}

}  // namespace pacedns::forward
