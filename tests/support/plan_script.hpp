#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <source_location>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pacedns/base/time.hpp"
#include "pacedns/plan/plan_action.hpp"
#include "pacedns/plan/plan_options.hpp"
#include "pacedns/plan/query_plan.hpp"

#include "support/plan_action_text.hpp"

namespace pacedns::test {

/// Names for the first places of the rank order.
inline constexpr plan::Position A = 0, B = 1, C = 2, D = 3, E = 4, F = 5, G = 6;

/// A QueryPlan in virtual time, told as a story:
///
///     PlanScript plan({}, 5);
///     plan.at(0ms).launches(A, B);
///     plan.at(50ms).usable(A).answers(A).starts_second_tier(FirstReply).launches(C, D);
///
/// Every action must be told, in its order, and time cannot be moved past a deadline without telling what
/// happens then. After each input the script disturbs the plan with every event that is late, repeated or
/// spurious in that state; none may have an effect.
class PlanScript {
 public:
  using Candidate = plan::QueryPlan::Candidate;

  /// `upstreams` of them, each with a retransmission time of 400 ms.
  PlanScript(const plan::PlanOptions& options, std::size_t upstreams)
      : PlanScript(options, std::vector<Candidate>(upstreams, {.retransmission_time = kSilence})) {}

  PlanScript(const plan::PlanOptions& options, const std::vector<Candidate>& candidates)
      : plan_(options, candidates), outstanding_(candidates.size() + 1) {
    take(plan_.start(now_));
  }

  PlanScript(const PlanScript&) = delete;
  PlanScript& operator=(const PlanScript&) = delete;
  ~PlanScript() { nothing(); }

  /// Moves to `time` since the start.
  PlanScript& at(Duration time, std::source_location where = std::source_location::current()) {
    if (kStart + time != now_) nothing();
    where_ = where;
    if (kStart + time < now_) fail("time runs backwards");
    if (plan_.next_deadline() < kStart + time) {
      const TimePoint due = plan_.next_deadline();
      std::string untold;
      for (const auto& action : plan_.on_deadline(due))
        untold += describe(action) + "; ";
      fail("untold at " + in_ms(due) + ": " + untold);
    }
    now_ = kStart + time;
    return *this;
  }

  /// The driver sleeps until `time`, whatever is due before.
  PlanScript& late_at(Duration time, std::source_location where = std::source_location::current()) {
    nothing();
    where_ = where;
    now_ = kStart + time;
    return *this;
  }

  // What happens to the plan.

  PlanScript& usable(plan::Position position) {
    outstanding_[position] = false;
    return take(plan_.on_usable(position, now_));
  }
  PlanScript& fails(plan::Position position, dns::Rcode rcode = dns::Rcode::ServFail,
                    dns::ExtendedError error = dns::ExtendedError::None) {
    return fails(position, plan::AttemptFailure{.rcode = rcode, .error = error});
  }
  PlanScript& unreachable(plan::Position position) {
    return fails(position, {.rcode = {}, .network_error = true});
  }
  PlanScript& lost(plan::Position position) { return fails(position, plan::AttemptFailure{}); }
  PlanScript& truncated(plan::Position position) {
    plan_.on_moved_to_tcp(position);
    return take({});
  }
  PlanScript& doubted(plan::Position position) {
    plan_.on_doubt(position, now_);
    return take({});
  }
  PlanScript& deadline() {
    if (plan_.next_deadline() != now_) fail("the next deadline is at " + in_ms(plan_.next_deadline()));
    return take(plan_.on_deadline(now_));
  }
  PlanScript& overdue_deadline() {
    if (plan_.next_deadline() >= now_)
      fail("the next deadline is not before " + in_ms(plan_.next_deadline()));
    return take(plan_.on_deadline(now_));
  }
  PlanScript& gives_way() { return take(plan_.give_way()); }

  // What the plan does about it.

  PlanScript& launches(auto... positions) {
    return (expect({.kind = Kind::Launch, .position = positions}), ...);
  }
  PlanScript& retransmits(auto... positions) {
    return (expect({.kind = Kind::Retransmit, .position = positions}), ...);
  }
  PlanScript& notes_silence(auto... positions) {
    return (expect({.kind = Kind::NoteSilence, .position = positions}), ...);
  }
  PlanScript& expires(auto... positions) {
    return (expect({.kind = Kind::Expire, .position = positions}), ...);
  }
  PlanScript& starts_second_tier(plan::SecondTierReason reason) {
    return expect({.kind = Kind::StartSecondTier, .reason = reason});
  }
  PlanScript& answers(plan::Position position) {
    return expect({.kind = Kind::Answer, .position = position});
  }
  PlanScript& answers_failure(dns::Rcode rcode, dns::ExtendedError error = dns::ExtendedError::None) {
    return expect({.kind = Kind::AnswerFailure, .rcode = rcode, .error = error});
  }
  PlanScript& finishes() {
    expect({.kind = Kind::Finish});
    if (!plan_.finished() || plan_.next_deadline() != kNever) fail("finished, but a deadline is left");
    return *this;
  }
  PlanScript& nothing() {
    for (const auto& action : pending_)
      fail("untold: " + describe(action));
    pending_.clear();
    return *this;
  }

  [[nodiscard]] const plan::QueryPlan& plan() const { return plan_; }

  static constexpr Duration kSilence = std::chrono::milliseconds(400);

 private:
  using Kind = plan::PlanAction::Kind;

  static constexpr TimePoint kStart{std::chrono::hours(1)};

  PlanScript& fails(plan::Position position, const plan::AttemptFailure& failure) {
    outstanding_[position] = false;
    return take(plan_.on_failure(position, failure, now_));
  }

  PlanScript& take(const plan::PlanActions& actions) {
    nothing();
    for (const auto& action : actions) {
      pending_.push_back(action);
      if (action.kind == Kind::Launch) outstanding_[action.position] = true;
      if (action.kind == Kind::Finish) outstanding_.assign(outstanding_.size(), false);
    }
    disturb();
    return *this;
  }

  /// Every event that means nothing now, now and far too late.
  void disturb() {
    const TimePoint due = plan_.next_deadline();
    const bool answered = plan_.answered();
    const bool finished = plan_.finished();
    for (const TimePoint time : {now_, now_ + std::chrono::hours(1)}) {
      for (std::size_t i = 0; i < outstanding_.size(); ++i) {
        if (outstanding_[i]) continue;
        const auto position = static_cast<plan::Position>(i);
        plan_.on_moved_to_tcp(position);
        plan_.on_doubt(position, time);
        ignored("a usable reply", plan_.on_usable(position, time));
        ignored("a failure", plan_.on_failure(position, {.rcode = dns::Rcode::ServFail}, time));
      }
      if (time < due) ignored("an early deadline", plan_.on_deadline(time));
    }
    if (!answered || finished) ignored("giving way", plan_.give_way());
    if (finished) ignored("a late deadline", plan_.on_deadline(now_ + std::chrono::hours(1)));
    if (plan_.next_deadline() != due) fail("an event that means nothing moved the deadline");
    if (plan_.answered() != answered || plan_.finished() != finished)
      fail("an event that means nothing ended it");
  }

  void ignored(const std::string& event, const plan::PlanActions& actions) {
    for (const auto& action : actions)
      fail(event + " that means nothing caused: " + describe(action));
  }

  PlanScript& expect(const plan::PlanAction& expected) {
    if (pending_.empty()) {
      fail("missing: " + describe(expected));
      return *this;
    }
    if (pending_.front() != expected)
      fail("expected: " + describe(expected) + ", got: " + describe(pending_.front()));
    pending_.pop_front();
    return *this;
  }

  void fail(const std::string& what) const {
    ADD_FAILURE_AT(where_.file_name(), static_cast<int>(where_.line()))
        << "at " << in_ms(now_) << ": " << what;
  }

  static std::string in_ms(TimePoint time) {
    if (time == kNever) return "never";
    return std::to_string(std::chrono::duration<double, std::milli>(time - kStart).count()) + " ms";
  }

  plan::QueryPlan plan_;
  std::vector<bool> outstanding_;  // one more than there are upstreams: nobody stands there
  std::deque<plan::PlanAction> pending_;
  TimePoint now_ = kStart;
  std::source_location where_ = std::source_location::current();
};

}  // namespace pacedns::test
