#include "pacedns/forward/plan_driver.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "pacedns/forward/flight_log.hpp"
#include "pacedns/forward/flight_metrics.hpp"
#include "pacedns/forward/local_error.hpp"
#include "pacedns/forward/reply_filter.hpp"
#include "pacedns/plan/response_verdict.hpp"

namespace pacedns::forward {
namespace {

using boost::system::error_code;
using metrics::Counter;
using metrics::UpstreamCounter;
using plan::PlanAction;
using plan::ResponseVerdict;

/// Clients that repeat themselves wait more than once; beyond this, new ones are refused.
constexpr std::size_t kWaitersPerFlight = 16;

FlightHistory::Record record_of(const Flight& open) {
  return std::make_shared<const FlightRecord>(open, open.replies, kNever);
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
  upstreams_ = std::make_shared<UpstreamSet>(transports_, *settings, place_.worker, upstreams_.get());
  loop_detector_ = {};
  history_.limit(share(settings->forward.history, place_.workers));
  counters_.note_remembered(history_.size());
  counters_.forget_launches();
  settings_ = std::move(settings);
}

bool PlanDriver::resolve(const cache::CacheKey& key, Waiter&& waiter, TimePoint now) {
  Flight* const flight = flights_.find(key);
  // An answer that has outlived its TTL while the rest is still being collected is not given to anybody new.
  const bool usable =
      flight != nullptr && (!flight->answer || flight->answer_age(now) < kept_for(*flight->answer));
  if (usable && flight->answer) {
    counters_.add(Counter::FlightsJoined);
    ++flight->clients;
    deliver(*flight, {&waiter, 1}, flight->answer_age(now), now);
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
  flight.remembered = waiter && history_.takes(now);
  if (flight.remembered) newest_.push_back(handle);
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
  std::uint64_t launches = 0;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const PlanAction action = actions[i];
    switch (action.kind) {
      case PlanAction::Kind::Launch:
        if (launch(handle, action.position, actions, now)) counters_.note_launches(++launches);
        break;
      case PlanAction::Kind::Retransmit:
        retransmit(handle, action.position, now);
        break;
      case PlanAction::Kind::NoteSilence:
        note_silence(flight, flight.attempts[action.position], now);
        break;
      case PlanAction::Kind::StartSecondTier:
        flight.second_tier_at = now;
        flight.second_tier_reason = action.reason;
        flight_metrics::second_tier(action.reason, counters_);
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

bool PlanDriver::launch(Handle handle, plan::Position position, plan::PlanActions& actions, TimePoint now) {
  Flight& flight = *flights_.find(handle);
  Attempt& attempt = flight.attempts[position];
  attempt.outcome = AttemptOutcome::Pending;
  attempt.launched_at = now;
  attempt.over_tcp = flight.upstream_of(attempt).udp == nullptr;
  if (attempt.probe) {
    attempt.tier = Tier::Probe;
  } else if (flight.second_tier_at != kNever) {
    attempt.tier = Tier::Second;
  }
  flight_metrics::launched(flight, attempt, counters_);
  flight_log::asked(flight, attempt, flight.second_tier_at != kNever ? "second" : "active", now);
  const error_code error = transmit(handle, position, now);
  if (!error) return true;
  counters_.add(Counter::UpstreamFailures);
  not_sent(flight, attempt, error, now);
  flight.conclude(attempt, AttemptOutcome::NotSent, now);
  for (const PlanAction& more : flight.plan.on_failure(position, {.network_error = true}, now)) {
    actions.push_back(more);
  }
  return false;
}

void PlanDriver::retransmit(Handle handle, plan::Position position, TimePoint now) {
  Flight& flight = *flights_.find(handle);
  Attempt& attempt = flight.attempts[position];
  if (attempt.doubt) {
    if (is_worth_waiting_for(flight, attempt)) return flight.plan.on_doubt(position, now);
    return_to_udp(flight, attempt, boost::asio::error::timed_out);
  }
  counters_.add(Counter::UpstreamRetransmissions);
  flight.upstream_of(attempt).counters.add(UpstreamCounter::Retransmissions);
  ++attempt.retransmissions;
  flight_log::asked(flight, attempt, "retransmission", now);
  const error_code error = transmit(handle, position, now);
  // The transmissions before it may still be answered.
  if (error) flight_log::not_sent(flight, attempt, error, now);
}

error_code PlanDriver::transmit(Handle handle, plan::Position position, TimePoint now) {
  Flight& flight = *flights_.find(handle);
  Attempt& attempt = flight.attempts[position];
  Upstream& upstream = flight.upstream_of(attempt);
  upstream::Transport& transport = attempt.over_tcp ? *upstream.tcp : *upstream.udp;
  const upstream::ExchangeKey key{handle, position, static_cast<std::uint16_t>(attempt.transmissions.size())};
  const auto ticket = transport.send(key, flight.query(attempt.with_edns), flight.spelling(attempt), now);
  if (!ticket) return ticket.error();
  counters_.add(Counter::UpstreamQueries);
  attempt.transmissions.push_back({&transport, *ticket, now});
  return {};
}

void PlanDriver::answer(Flight& flight, plan::Position position, const dns::MessageView& reply,
                        TimePoint now) {
  const auto image = std::make_shared<const cache::ResponseImage>(
      cache::make_image(reply, flight.key.question(), flight.settings->ttl));
  const Attempt& winner = flight.attempts[position];
  Upstream& upstream = flight.upstream_of(winner);
  flight_log::answered(flight, upstream.server.name, reply.rcode(), now);
  flight.answer_rcode = reply.rcode();
  flight.winner = position;
  flight_metrics::answered(flight, winner, counters_);
  const bool mergeable = flight.settings->forward.merge == Merge::Addresses && !flight.key.dnssec_ok();
  if (mergeable && flight.attempts.size() > 1) flight.pool = cache::AddressPool::from_winner(reply);
  tell_waiters(flight, image, now);
}

void PlanDriver::answer_failure(Flight& flight, dns::Rcode rcode, dns::ExtendedError error, TimePoint now) {
  flight_metrics::failed(flight, counters_);
  flight.answer_rcode = rcode;
  cache::ResponseImage failure =
      cache::make_failure_image(flight.key.question(), rcode, error, flight.settings->ttl);
  // Where there is no upstream, none is spared by remembering the failure, and the first one to appear is
  // to be asked at once.
  if (flight.attempts.empty()) failure.lifetime = 0;
  const auto image = std::make_shared<const cache::ResponseImage>(std::move(failure));
  flight_log::answered(flight, "none", rcode, now);
  tell_waiters(flight, image, now);
}

void PlanDriver::deliver(const Flight& flight, std::span<const Waiter> waiters, std::uint32_t age,
                         TimePoint now) {
  const std::string_view from =
      flight.winner ? std::string_view(flight.upstream_of(flight.attempts[*flight.winner]).server.name)
                    : "none";
  sink_.deliver(waiters, {flight.answer, age, from}, now);
}

void PlanDriver::tell_waiters(Flight& flight, const std::shared_ptr<const cache::ResponseImage>& image,
                              TimePoint now) {
  flight.answer = image;
  flight.answered_at = now;
  if (flight.ours) return;
  if (!flight.stale) cache_.store(flight.key, *image, now, now, flight.generation);
  waiting_ -= flight.waiters.size();
  flight.clients = static_cast<std::uint32_t>(flight.waiters.size());
  deliver(flight, flight.waiters, 0, now);
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
  Upstream& upstream = flight.upstream_of(attempt);
  // One that was asked just before the deadline had no fair chance, or not even been sent the last time.
  const bool silent = !attempt.transmissions.empty() &&
                      now - attempt.transmissions.front().sent_at >= upstream.health->retransmission_time();
  if (attempt.doubt) {
    leave_in_doubt(flight, attempt);  // over UDP it is there
  } else if (silent) {
    counters_.add(Counter::UpstreamFailures);
    upstream.counters.add(UpstreamCounter::Silences);
    flight_log::failed(flight, attempt, "no reply by the deadline", now);
    blame(flight, attempt, now);
  }
  flight.conclude(attempt, silent ? AttemptOutcome::NoReply : AttemptOutcome::Abandoned, now);
}

void PlanDriver::finish(Handle handle, TimePoint now) {
  Flight& flight = *flights_.find(handle);
  if (flight.pool && flight.pool->additions() > 0) {
    counters_.add(Counter::PoolAdditions, flight.pool->additions());
    if (!flight.stale) {
      cache_.store(flight.key, flight.pool->merge_into(*flight.answer, flight.settings->ttl),
                   flight.answered_at, now, flight.generation);
    }
  }
  counters_.add(Counter::FlightsFinished);
  if (flight.remembered) {
    history_.add(std::make_shared<const FlightRecord>(flight, std::move(flight.replies), now));
    counters_.note_remembered(history_.size());
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
  if (flight == nullptr || !flight->attempts[key.position].pending()) return;
  Attempt& attempt = flight->attempts[key.position];
  if (key.transmission >= attempt.transmissions.size()) return;
  const ResponseVerdict verdict = plan::judge(reply, attempt.with_edns, attempt.over_tcp);
  flight_log::replied(*flight, attempt, reply.rcode(), verdict, now);
  const Duration took = now - attempt.transmissions[key.transmission].sent_at;
  Upstream& upstream = flight->upstream_of(attempt);
  upstream.health->on_reply(now);
  flight_metrics::replied(upstream, verdict);
  attempt.rcode = reply.rcode();
  switch (verdict) {
    case ResponseVerdict::Usable:
      flight->remember(attempt, reply.wire());
      note_letter_case_kept(*flight, attempt);
      filter(key.flight, key.position, attempt.path_rtt(took), reply, now);
      break;
    case ResponseVerdict::Truncated:
      attempt.udp_rtt = took;
      attempt.over_tcp = true;
      flight->plan.on_moved_to_tcp(key.position);
      ask_again(key.flight, key.position, now);
      break;
    case ResponseVerdict::NoEdns:
      attempt.with_edns = false;
      ask_again(key.flight, key.position, now);
      break;
    case ResponseVerdict::Failure:
      flight->remember(attempt, reply.wire());
      if (!flight->ours) note(upstream, upstream.health->on_soft_failure(), now);
      if (attempt.probe) upstream.health->on_probe_failure(now, random_.next_u32());
      fail_attempt(key.flight, key.position,
                   {.rcode = reply.rcode(), .error = dns::read_extended_error(reply)}, now);
      break;
  }
}

void PlanDriver::on_failure(const upstream::ExchangeKey& key, error_code error, TimePoint now) {
  Flight* const flight = flights_.find(key.flight);
  if (flight == nullptr || !flight->attempts[key.position].pending()) return;
  Attempt& attempt = flight->attempts[key.position];
  if (key.transmission >= attempt.transmissions.size()) return;
  attempt.error = error;
  flight_log::failed(*flight, attempt, error.message(), now);
  if (attempt.doubt) {
    return_to_udp(*flight, attempt, error);
    return ask_again(key.flight, key.position, now);
  }
  if (!is_local(error)) network_error(*flight, attempt, now);
  fail_attempt(key.flight, key.position, {.network_error = true}, now);
}

/// Whether what is usable may be used, or how much of it.
void PlanDriver::filter(Handle handle, plan::Position position, std::optional<Duration> rtt,
                        const dns::MessageView& reply, TimePoint now) {
  Flight& flight = *flights_.find(handle);
  const ReplyFilter reply_filter(flight.settings->forward.answers);
  if (!reply_filter.on()) return on_usable(handle, position, rtt, reply, now);
  Attempt& attempt = flight.attempts[position];
  Upstream& upstream = flight.upstream_of(attempt);
  const Filtered filtered = reply_filter.apply(reply, upstream.server.endpoint.address);
  if (filtered.ignored) {
    counters_.add(Counter::IgnoredReplies);
    note(upstream, upstream.health->on_success(rtt), now);  // it lies, but it is there
    return fail_attempt(handle, position, {.rcode = reply.rcode()}, now);
  }
  if (filtered.dropped == 0) return on_usable(handle, position, rtt, reply, now);
  counters_.add(Counter::ReboundAddresses, filtered.dropped);
  on_usable(handle, position, rtt, dns::MessageView::parse(filtered.reply).value(), now);
}

void PlanDriver::on_usable(Handle handle, plan::Position position, std::optional<Duration> rtt,
                           const dns::MessageView& reply, TimePoint now) {
  Flight& flight = *flights_.find(handle);
  Attempt& attempt = flight.attempts[position];
  Upstream& upstream = flight.upstream_of(attempt);
  note(upstream, upstream.health->on_success(rtt), now);
  if (rtt) upstream.counters.rtt.observe(*rtt);
  flight.conclude(attempt, AttemptOutcome::Usable, now);
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
  if (attempt.doubt) {
    return_to_udp(flight, attempt, error);
    return ask_again(handle, position, now);
  }
  not_sent(flight, attempt, error, now);
  fail_attempt(handle, position, {.network_error = true}, now);
}

void PlanDriver::not_sent(Flight& flight, Attempt& attempt, error_code error, TimePoint now) {
  attempt.error = error;
  flight_log::not_sent(flight, attempt, error, now);
  if (!is_local(error)) network_error(flight, attempt, now);
}

void PlanDriver::network_error(Flight& flight, const Attempt& attempt, TimePoint now) {
  flight.upstream_of(attempt).counters.add(UpstreamCounter::NetworkErrors);
  blame(flight, attempt, now);
}

void PlanDriver::fail_attempt(Handle handle, plan::Position position, const plan::AttemptFailure& failure,
                              TimePoint now) {
  Flight& flight = *flights_.find(handle);
  counters_.add(Counter::UpstreamFailures);
  flight.conclude(flight.attempts[position],
                  failure.rcode ? AttemptOutcome::Failure : AttemptOutcome::NetworkError, now);
  act(handle, flight.plan.on_failure(position, failure, now), nullptr, now);
}

void PlanDriver::collect(Flight& flight, Attempt& attempt, const dns::MessageView& reply, TimePoint now) {
  cache::MergeOutcome outcome = cache::MergeOutcome::NotMergeable;
  if (flight.pool) {
    outcome = flight.pool->add(reply);
  } else if (reply.rcode() != flight.answer_rcode || cache::is_negative(reply) != flight.answer->negative) {
    outcome = cache::MergeOutcome::Disagrees;
  }
  attempt.merge = outcome;
  flight_metrics::collected(flight, outcome, counters_);
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
  } else if (attempt.over_tcp && attempt.udp_rtt) {
    note(upstream, upstream.health->on_soft_failure(), now);  // it is there, but its reply was cut short
  }
}

void PlanDriver::note(Upstream& upstream, const std::optional<health::Transition>& transition,
                      TimePoint now) {
  if (transition) flight_log::state_changed(upstream, *transition, now);
}

std::vector<FlightHistory::Record> PlanDriver::recent_flights(std::size_t count) const {
  auto records = history_.newest(count);
  for (const Handle handle : newest_) {
    const Flight* const flight = flights_.find(handle);
    if (flight != nullptr) records.push_back(record_of(*flight));
  }
  std::ranges::sort(records, std::greater{}, [](const auto& record) { return record->started_at; });
  records.resize(std::min(count, records.size()));
  return records;
}

FlightHistory::Record PlanDriver::open_flight(const cache::CacheKey& key) {
  const Flight* const flight = flights_.find(key);
  return flight == nullptr ? nullptr : record_of(*flight);
}

std::size_t PlanDriver::forget(const std::function<bool(Bytes)>& question) {
  return flights_.detach_if([&](Flight& flight) {
    if (flight.stale || !question(flight.key.question())) return false;
    return flight.stale = true;
  });
}

void PlanDriver::on_deadline(TimePoint now) {
  while (const auto slot = deadlines_.due(now)) {
    const Handle handle = flights_.handle_of(*slot);
    act(handle, flights_.find(handle)->plan.on_deadline(now), nullptr, now);
  }
}

}  // namespace pacedns::forward
