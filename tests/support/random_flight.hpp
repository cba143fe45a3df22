#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pacedns/base/time.hpp"
#include "pacedns/plan/plan_action.hpp"
#include "pacedns/plan/plan_options.hpp"
#include "pacedns/plan/query_plan.hpp"

#include "support/plan_action_text.hpp"
#include "support/plan_rules.hpp"

namespace pacedns::test {

/// A flight in virtual time in which everything is chosen by somebody else: options, upstreams, what becomes
/// of each query, and when. Each step is held to the rules P1 to P10 by PlanRules.
class RandomFlight {
 public:
  /// A number below `bound`, which is not 0.
  using Choose = std::function<unsigned(unsigned bound)>;

  explicit RandomFlight(Choose choose)
      : choose_(std::move(choose)),
        options_(any_options()),
        candidates_(any_candidates()),
        plan_(options_, candidates_),
        rules_(options_, candidates_) {
    for (unsigned& weight : weights_)
      weight = one_in(3) ? 0 : below(10);
    weights_[below(kFates)] += 1;
    driver_is_late_ = one_in(4);
  }

  /// The first rule that was broken; empty if none was.
  std::string run() {
    record({.input = Input::Start, .at = now_}, plan_.start(now_));
    while (!over() && rules_.complaint().empty()) {
      if (one_in(20)) disturb();
      step();
      if (++steps_ > 100'000) return "the plan is awake all the time";
    }
    for (int i = 0; i < 4; ++i)
      disturb();
    if (rules_.complaint().empty()) rules_.check_end();
    return rules_.complaint();
  }

  [[nodiscard]] std::string story() const {
    const auto ms = [](auto time) {
      return std::to_string(std::chrono::duration<double, std::milli>(time).count());
    };
    std::string text = "active " + std::to_string(options_.active_tier_size) + " fallback " +
                       ms(options_.fallback_timeout) + " batch " + std::to_string(options_.batch_size) +
                       " stagger " + ms(options_.stagger_delay) + " total " +
                       ms(options_.total_collect_timeout) +
                       (options_.collect == plan::Collect::Answer ? " collect answer\n" : " collect all\n");
    static constexpr const char* kInputs[] = {"start",   "usable",   "failure", "truncated",
                                              "doubted", "deadline", "give way"};
    for (const PlanStep& step : told_) {
      text += ms(step.at - kStart) + " " + kInputs[static_cast<std::size_t>(step.input)] + " " +
              std::to_string(step.position) + ":";
      for (const auto& action : step.actions)
        text += " " + describe(action) + ";";
      text += step.finished ? " over\n" : " next " + ms(step.next_deadline - kStart) + "\n";
    }
    return text;
  }

 private:
  using Input = PlanStep::Input;
  using AttemptFailure = plan::AttemptFailure;
  using PlanAction = plan::PlanAction;
  using PlanOptions = plan::PlanOptions;
  using Position = plan::Position;
  using QueryPlan = plan::QueryPlan;

  static constexpr TimePoint kStart{std::chrono::hours(1)};

  enum Fate : unsigned {
    Usable,
    FailureRcode,
    NetworkError,
    Lost,
    Silent,
    TruncatedThenUsable,
    TruncatedThenFailure
  };
  static constexpr unsigned kFates = 7;

  unsigned below(unsigned bound) { return choose_(bound); }
  bool one_in(unsigned n) { return below(n) == 0; }

  /// Of every order of magnitude between the limits.
  Duration between(Duration low, Duration high) {
    const double exponent = static_cast<double>(below(1001)) / 1000;
    const double factor =
        std::pow(static_cast<double>(high.count()) / static_cast<double>(low.count()), exponent);
    return std::clamp(Duration(static_cast<Duration::rep>(static_cast<double>(low.count()) * factor)), low,
                      high);
  }

  PlanOptions any_options() {
    PlanOptions options;
    options.active_tier_size = 1 + below(one_in(4) ? plan::kActiveTierSize.maximum : 3);
    options.batch_size = 1 + below(one_in(4) ? plan::kBatchSize.maximum : 3);
    options.stagger_delay = between(plan::kStaggerDelay.minimum, plan::kStaggerDelay.maximum);
    options.fallback_timeout = std::max(plan::kFallbackTimeout.minimum, options.stagger_delay);
    if (!one_in(8))
      options.fallback_timeout = between(options.fallback_timeout, plan::kFallbackTimeout.maximum);
    const Duration least =
        std::max(plan::kTotalCollectTimeout.minimum, options.fallback_timeout + std::chrono::milliseconds(1));
    options.total_collect_timeout = one_in(8) ? least : between(least, plan::kTotalCollectTimeout.maximum);
    options.collect = one_in(3) ? plan::Collect::Answer : plan::Collect::All;
    return options;
  }

  std::vector<QueryPlan::Candidate> any_candidates() {
    std::vector<QueryPlan::Candidate> candidates(1 + below(one_in(4) ? 64 : 7));
    for (auto& candidate : candidates) {
      candidate.retransmission_time = between(std::chrono::milliseconds(100), std::chrono::seconds(2));
      candidate.stream = one_in(6);
    }
    if (candidates.size() > 1 && one_in(3)) candidates.back().probe = true;
    return candidates;
  }

  /// Often exactly when something else is due.
  Duration any_delay() {
    switch (below(8)) {
      case 0:
        return one_in(2) ? Duration(0) : options_.stagger_delay;
      case 1:
        return one_in(2) ? options_.fallback_timeout : options_.total_collect_timeout;
      case 2:
      case 3:
        return between(std::chrono::microseconds(1), options_.stagger_delay);
      case 4:
        return between(std::chrono::microseconds(1), options_.total_collect_timeout) +
               between(std::chrono::microseconds(1), options_.total_collect_timeout);
      default:
        return between(std::chrono::microseconds(1), options_.fallback_timeout);
    }
  }

  Fate any_fate() {
    unsigned sum = 0;
    for (const unsigned weight : weights_)
      sum += weight;
    unsigned pick = below(sum);
    unsigned fate = 0;
    while (pick >= weights_[fate])
      pick -= weights_[fate++];
    return static_cast<Fate>(fate);
  }

  AttemptFailure any_failure_with_rcode() {
    static constexpr dns::Rcode kRcodes[] = {dns::Rcode::ServFail, dns::Rcode::Refused, dns::Rcode::NotImp,
                                             dns::Rcode::FormErr,  dns::Rcode::BadVers, dns::Rcode::NoError};
    return {.rcode = kRcodes[below(std::size(kRcodes))]};
  }

  void decide_fate(Position position) {
    const TimePoint at = now_ + any_delay();
    PlanStep step{.input = Input::Usable, .at = at, .position = position};
    if (one_in(8)) {
      const TimePoint doubt = now_ + any_delay();
      events_.emplace(doubt, PlanStep{.input = Input::Doubted, .at = doubt, .position = position});
    }
    const Fate fate = any_fate();
    if (fate == Fate::Silent) return;
    if (fate == Fate::FailureRcode || fate == Fate::NetworkError || fate == Fate::Lost ||
        fate == Fate::TruncatedThenFailure) {
      step.input = Input::Failure;
      if (fate == Fate::FailureRcode) step.failure = any_failure_with_rcode();
      if (fate == Fate::NetworkError) step.failure.network_error = true;
    }
    if (fate == Fate::TruncatedThenUsable || fate == Fate::TruncatedThenFailure) {
      events_.emplace(at, PlanStep{.input = Input::Truncated, .at = at, .position = position});
      step.at += any_delay();
    }
    events_.emplace(step.at, step);
    if (one_in(10)) events_.emplace(step.at + any_delay(), step);
  }

  [[nodiscard]] bool over() const { return events_.empty() && plan_.next_deadline() == kNever; }

  /// The next thing that happens: an event or the deadline, which a busy driver may see late.
  void step() {
    TimePoint wake = plan_.next_deadline();
    if (wake != kNever && driver_is_late_ && one_in(4)) wake += any_delay() / (1 + below(8));
    const bool event_first =
        !events_.empty() && (events_.begin()->first < wake || (events_.begin()->first == wake && one_in(2)));
    if (event_first) {
      PlanStep event = events_.begin()->second;
      events_.erase(events_.begin());
      now_ = event.at = std::max(now_, event.at);
      happen(event);
    } else {
      now_ = std::max(now_, wake);
      happen({.input = Input::Deadline, .at = now_});
    }
  }

  /// Something nobody asked for: mostly late, repeated, early or about nobody at all. That it may also be a
  /// genuine reply does no harm.
  void disturb() {
    PlanStep step{.input = Input::Usable, .at = now_, .position = static_cast<Position>(below(70))};
    switch (below(8)) {
      case 0:
        step.input = Input::Failure;
        step.failure = any_failure_with_rcode();
        break;
      case 1:
        step.input = Input::Truncated;
        break;
      case 2:
      case 3:
      case 4:
        happen({.input = Input::Deadline, .at = now_});
        return;
      case 5:
        if (one_in(50) || plan_.finished() || !plan_.answered())
          happen({.input = Input::GiveWay, .at = now_});
        return;
      default:
        break;
    }
    happen(step);
  }

  void happen(const PlanStep& step) {
    switch (step.input) {
      case Input::Usable:
        return record(step, plan_.on_usable(step.position, step.at));
      case Input::Failure:
        return record(step, plan_.on_failure(step.position, step.failure, step.at));
      case Input::Truncated:
        plan_.on_moved_to_tcp(step.position);
        return record(step, {});
      case Input::Doubted:
        plan_.on_doubt(step.position, step.at);
        return record(step, {});
      case Input::GiveWay:
        return record(step, plan_.give_way());
      default:
        return record(step, plan_.on_deadline(step.at));
    }
  }

  void record(PlanStep step, const plan::PlanActions& actions) {
    step.actions = actions;
    step.next_deadline = plan_.next_deadline();
    step.answered = plan_.answered();
    step.finished = plan_.finished();
    told_.push_back(step);
    rules_.check(told_.back());
    for (const auto& action : actions) {
      if (action.kind == PlanAction::Kind::Launch) decide_fate(action.position);
    }
  }

  Choose choose_;
  PlanOptions options_;
  std::vector<QueryPlan::Candidate> candidates_;
  QueryPlan plan_;
  PlanRules rules_;
  unsigned weights_[kFates];
  bool driver_is_late_ = false;
  TimePoint now_ = kStart;
  std::multimap<TimePoint, PlanStep> events_;
  std::vector<PlanStep> told_;
  std::size_t steps_ = 0;
};

}  // namespace pacedns::test
