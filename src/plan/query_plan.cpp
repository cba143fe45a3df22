#include "pacedns/plan/query_plan.hpp"

#include <algorithm>

#include "pacedns/plan/response_verdict.hpp"

namespace pacedns::plan {

using Kind = PlanAction::Kind;

namespace {

/// Whether a client may hear the RCODE of a useless reply. Those above 15 are between us and the upstream; a
/// client could not read them without EDNS. A referral's NOERROR would tell it that there is no data.
bool is_fit_for_clients(dns::Rcode rcode) {
  return static_cast<std::uint16_t>(rcode) <= 15 && rcode != dns::Rcode::NoError &&
         rcode != dns::Rcode::NxDomain;
}

}  // namespace

std::string_view name(SecondTierReason reason) {
  switch (reason) {
    case SecondTierReason::FirstReply:
      return "first_reply";
    case SecondTierReason::AllFailed:
      return "all_failed";
    case SecondTierReason::Timeout:
      return "timeout";
  }
  return "?";
}

QueryPlan::QueryPlan(const PlanOptions& options, std::span<const Candidate> candidates)
    : options_(options), untried_(candidates.size()), only_network_errors_(!candidates.empty()) {
  for (const Candidate& candidate : candidates) {
    Attempt attempt;
    attempt.retransmission_time = candidate.retransmission_time;
    attempt.probe = candidate.probe;
    attempt.stream = candidate.stream;
    attempts_.push_back(attempt);
  }
}

PlanActions QueryPlan::start(TimePoint now) {
  PlanActions actions;
  started_at_ = now;
  next_batch_at_ = now + options_.fallback_timeout;
  launch_active_tier(now, actions);
  advance(now, actions);
  return actions;
}

PlanActions QueryPlan::on_usable(Position position, TimePoint now) {
  PlanActions actions;
  if (!accepts(position)) return actions;
  attempts_[position].state = Attempt::State::Over;
  --outstanding_;
  if (!answered_) {
    answered_ = true;
    actions.push_back({.kind = Kind::Answer, .position = position});
    if (!second_tier_started_) {
      next_batch_at_ = std::max(now, started_at_ + options_.stagger_delay);
      reason_ = SecondTierReason::FirstReply;
    }
  }
  advance(now, actions);
  return actions;
}

PlanActions QueryPlan::on_failure(Position position, const AttemptFailure& failure, TimePoint now) {
  PlanActions actions;
  if (!accepts(position)) return actions;
  attempts_[position].state = Attempt::State::Over;
  --outstanding_;
  only_network_errors_ &= failure.network_error;
  if (failure.rcode && (!best_failure_ || better_failure(*failure.rcode, *best_failure_))) {
    best_failure_ = failure.rcode;
    best_error_ = failure.error;
  }
  if (outstanding_ == 0 && !answered_) {
    next_batch_at_ = now;
    reason_ = SecondTierReason::AllFailed;
  }
  advance(now, actions);
  return actions;
}

void QueryPlan::on_moved_to_tcp(Position position) {
  if (!accepts(position)) return;
  attempts_[position].stream = true;
  attempts_[position].silence_noted = true;
}

void QueryPlan::on_doubt(Position position, TimePoint now) {
  if (!accepts(position)) return;
  Attempt& attempt = attempts_[position];
  attempt.silence_noted = true;
  const TimePoint end = started_at_ + options_.total_collect_timeout;
  attempt.retransmit_at = now + std::min(3 * attempt.retransmission_time, (end - now) / 2);
}

PlanActions QueryPlan::on_deadline(TimePoint now) {
  PlanActions actions;
  if (!finished_) advance(now, actions);
  return actions;
}

PlanActions QueryPlan::give_way() {
  PlanActions actions;
  if (answered_ && !finished_) finish(actions);
  return actions;
}

TimePoint QueryPlan::next_deadline() const {
  if (finished_) return kNever;
  TimePoint next = started_at_ + options_.total_collect_timeout;
  if (may_launch()) next = std::min(next, next_batch_at_);
  for (const Attempt& attempt : attempts_) {
    if (attempt.state != Attempt::State::Outstanding) continue;
    if (!attempt.silence_noted) next = std::min(next, attempt.silent_at);
    if (may_retransmit() && !attempt.stream) {
      next = std::min(next, std::max(attempt.retransmit_at, next_retransmission_at_));
    }
  }
  return next;
}

// The active tier is asked at T=0. `next_batch_at_` is when the second tier goes on: at `fallback_timeout`
// to begin with; sooner once the first usable reply is there, but not before `stagger_delay`; at once when
// everything asked so far has failed; and `stagger_delay` after each batch. When nobody is left to be asked
// and there is still no answer, silent UDP upstreams are asked again, no more of them at a time than a
// batch holds. The flight is over when nothing is outstanding and nothing more will be launched, or at
// `total_collect_timeout`, whatever is outstanding then.
void QueryPlan::advance(TimePoint now, PlanActions& actions) {
  if (now >= started_at_ + options_.total_collect_timeout) {
    expire(actions);
    return;
  }
  note_silence(now, actions);
  if (may_launch() && now >= next_batch_at_) launch_batch(now, actions);
  if (may_retransmit()) retransmit(now, actions);
  if (outstanding_ > 0 || may_launch()) return;
  if (!answered_) answer_failure(actions);
  finish(actions);
}

void QueryPlan::launch_active_tier(TimePoint now, PlanActions& actions) {
  for (Position i = 0; i < count() && i < options_.active_tier_size; ++i) {
    if (!attempts_[i].probe) launch(i, now, actions);
  }
}

void QueryPlan::launch_batch(TimePoint now, PlanActions& actions) {
  if (!second_tier_started_) {
    second_tier_started_ = true;
    actions.push_back({.kind = Kind::StartSecondTier, .reason = reason_});
  }
  unsigned room = options_.batch_size;
  for (Position i = 0; i < count() && room > 0; ++i) {
    if (attempts_[i].state != Attempt::State::Untried) continue;
    launch(i, now, actions);
    --room;
  }
  next_batch_at_ = now + options_.stagger_delay;
}

void QueryPlan::launch(Position position, TimePoint now, PlanActions& actions) {
  Attempt& attempt = attempts_[position];
  attempt.state = Attempt::State::Outstanding;
  attempt.silent_at = attempt.retransmit_at = now + attempt.retransmission_time;
  --untried_;
  ++outstanding_;
  next_retransmission_at_ = now + options_.stagger_delay;
  actions.push_back({.kind = Kind::Launch, .position = position});
}

void QueryPlan::note_silence(TimePoint now, PlanActions& actions) {
  for (Position i = 0; i < count(); ++i) {
    Attempt& attempt = attempts_[i];
    if (attempt.state != Attempt::State::Outstanding || attempt.silence_noted || now < attempt.silent_at)
      continue;
    attempt.silence_noted = true;
    actions.push_back({.kind = Kind::NoteSilence, .position = i});
  }
}

void QueryPlan::retransmit(TimePoint now, PlanActions& actions) {
  if (now < next_retransmission_at_) return;
  unsigned room = options_.batch_size;
  for (Position i = 0; i < count() && room > 0; ++i) {
    Attempt& attempt = attempts_[i];
    if (attempt.state != Attempt::State::Outstanding || attempt.stream || now < attempt.retransmit_at)
      continue;
    attempt.retransmission_time *= 2;
    attempt.retransmit_at = now + attempt.retransmission_time;
    next_retransmission_at_ = now + options_.stagger_delay;
    actions.push_back({.kind = Kind::Retransmit, .position = i});
    --room;
  }
}

void QueryPlan::answer_failure(PlanActions& actions) {
  answered_ = true;
  PlanAction action{.kind = Kind::AnswerFailure, .rcode = dns::Rcode::ServFail};
  if (best_failure_) {
    if (is_fit_for_clients(*best_failure_)) action.rcode = *best_failure_;
    action.error = best_error_;
  } else {
    action.error =
        only_network_errors_ ? dns::ExtendedError::NetworkError : dns::ExtendedError::NoReachableAuthority;
  }
  actions.push_back(action);
}

void QueryPlan::expire(PlanActions& actions) {
  for (Position i = 0; i < count(); ++i) {
    if (attempts_[i].state != Attempt::State::Outstanding) continue;
    only_network_errors_ = false;
    actions.push_back({.kind = Kind::Expire, .position = i});
  }
  if (!answered_) answer_failure(actions);
  finish(actions);
}

void QueryPlan::finish(PlanActions& actions) {
  finished_ = true;
  actions.push_back({.kind = Kind::Finish});
}

bool QueryPlan::accepts(Position position) const {
  return !finished_ && position < attempts_.size() &&
         attempts_[position].state == Attempt::State::Outstanding;
}

bool QueryPlan::may_launch() const {
  return untried_ > 0 && !(answered_ && options_.collect == Collect::Answer);
}

}  // namespace pacedns::plan
