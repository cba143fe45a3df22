#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pacedns/base/time.hpp"
#include "pacedns/plan/plan_action.hpp"
#include "pacedns/plan/plan_options.hpp"
#include "pacedns/plan/query_plan.hpp"

#include "support/plan_action_text.hpp"

namespace pacedns::test {

/// One call of a plan, and what came of it.
struct PlanStep {
  enum class Input { Start, Usable, Failure, Truncated, Doubted, Deadline, GiveWay };

  Input input;
  TimePoint at;
  plan::Position position = 0;
  plan::AttemptFailure failure = {};
  plan::PlanActions actions = {};
  TimePoint next_deadline = kNever;  // afterwards
  bool answered = false;             // afterwards
  bool finished = false;             // afterwards
};

/// Holds a flight to the rules P1 to P10. It keeps nothing but the facts (who was asked when, who replied
/// when) and works out anew, after every step, what the rules make of them.
class PlanRules {
 public:
  PlanRules(const plan::PlanOptions& options, const std::vector<plan::QueryPlan::Candidate>& candidates)
      : options_(options), candidates_(candidates), facts_(candidates.size()) {
    for (std::size_t i = 0; i < facts_.size(); ++i)
      facts_[i].stream = candidates[i].stream;
  }

  void check(const PlanStep& step) {
    step_ = &step;
    unread_.assign(step.actions.begin(), step.actions.end());
    if (step.input == Input::Start) started_ = step.at;
    const bool means_something = note_input();
    if (!means_something) {
      require(step.actions.empty(), "P10: an event that means nothing has an effect");
    } else if (step.input == Input::GiveWay) {
      expect_finish();
    } else if (step.input != Input::Truncated && step.input != Input::Doubted) {
      follow();
    }
    require(unread_.empty(), unread_.empty() ? "" : "untold: " + describe(unread_.front()));
    require(step.answered == answered_, "P5: answered() is wrong");
    require(step.finished == finished_, "P8: finished() is wrong");
    require(step.next_deadline == next_due(), "next_deadline() is wrong");
  }

  /// Once nothing more is due.
  void check_end() {
    require(finished_, "P8: the flight does not end");
    require(answers_ == 1, "P5: not answered exactly once");
    const bool in_time = !expired_ && !gave_way_;
    const bool stopped = options_.collect == plan::Collect::Answer && first_usable();
    if (in_time && !stopped) require(untried() == 0, "P6: somebody was not asked");
    check_pace();
  }

  /// The first rule that was broken; empty while none is.
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
  using Input = PlanStep::Input;
  using Kind = plan::PlanAction::Kind;

  struct Facts {
    std::optional<TimePoint> asked;
    std::vector<TimePoint> asked_again;
    std::optional<TimePoint> usable;
    std::optional<TimePoint> failed;
    std::optional<TimePoint> doubted;  // since it was last asked
    bool stream = false;
    bool silence_noted = false;

    [[nodiscard]] bool outstanding() const { return asked && !usable && !failed; }
  };

  /// Some queries that left together.
  struct Volley {
    TimePoint at;
    std::size_t size;
    bool after_failures;
  };

  void require(bool holds, const std::string& rule) {
    if (!holds && complaint_.empty()) complaint_ = rule;
  }

  // What happened.

  /// Whether the step's input means something in this state, and what it does to the facts.
  bool note_input() {
    if (finished_) return false;
    if (step_->input == Input::GiveWay) return gave_way_ = answered_;
    if (step_->input == Input::Start || step_->input == Input::Deadline) return true;
    if (step_->position >= facts_.size() || !facts_[step_->position].outstanding()) return false;
    Facts& facts = facts_[step_->position];
    if (step_->input == Input::Truncated) facts.stream = facts.silence_noted = true;  // it has replied
    if (step_->input == Input::Doubted) {
      facts.silence_noted = true;
      facts.doubted = step_->at;
    }
    if (step_->input == Input::Usable) facts.usable = step_->at;
    if (step_->input == Input::Failure) {
      facts.failed = step_->at;
      failures_.push_back(step_->failure);
    }
    return true;
  }

  [[nodiscard]] std::size_t count(auto&& holds) const {
    return static_cast<std::size_t>(std::ranges::count_if(facts_, holds));
  }
  [[nodiscard]] std::size_t untried() const {
    return count([](const Facts& facts) { return !facts.asked; });
  }
  [[nodiscard]] std::size_t outstanding() const { return count(&Facts::outstanding); }
  [[nodiscard]] std::optional<TimePoint> first_usable() const {
    std::optional<TimePoint> first;
    for (const auto& facts : facts_) {
      if (facts.usable && (!first || *facts.usable < *first)) first = facts.usable;
    }
    return first;
  }
  /// Since when everybody who was asked has failed.
  [[nodiscard]] std::optional<TimePoint> all_failed() const {
    std::optional<TimePoint> last;
    for (const auto& facts : facts_) {
      if (facts.asked && !facts.failed) return std::nullopt;
      if (facts.failed && (!last || *facts.failed > *last)) last = facts.failed;
    }
    return last;
  }
  [[nodiscard]] std::size_t active_tier() const {
    const auto ranked = std::ranges::count(candidates_, false, &plan::QueryPlan::Candidate::probe);
    return std::min(static_cast<std::size_t>(ranked), std::size_t{options_.active_tier_size});
  }

  // What is due when.

  [[nodiscard]] TimePoint end() const { return started_ + options_.total_collect_timeout; }

  [[nodiscard]] bool launching() const {
    return untried() > 0 && !(options_.collect == plan::Collect::Answer && answered_);
  }

  /// P2 and P3.
  [[nodiscard]] TimePoint batch_due() const {
    if (!launching()) return kNever;
    TimePoint due =
        last_batch_ ? *last_batch_ + options_.stagger_delay : started_ + options_.fallback_timeout;
    if (!last_batch_ && first_usable()) {
      due = std::min(due, std::max(*first_usable(), started_ + options_.stagger_delay));
    }
    if (const auto failed = all_failed()) due = std::min(due, *failed);
    return due;
  }

  [[nodiscard]] TimePoint silence_due(std::size_t i) const {
    if (!facts_[i].outstanding() || facts_[i].silence_noted) return kNever;
    return *facts_[i].asked + candidates_[i].retransmission_time;
  }

  /// P7, before the pace is taken into account.
  [[nodiscard]] TimePoint repeat_due(std::size_t i) const {
    if (!facts_[i].outstanding() || facts_[i].stream || untried() > 0 || answered_) return kNever;
    const auto& again = facts_[i].asked_again;
    const Duration distance = candidates_[i].retransmission_time * (std::int64_t{1} << again.size());
    if (facts_[i].doubted) {
      const Duration left = end() - *facts_[i].doubted;
      return *facts_[i].doubted + std::min(3 * distance, left / 2);
    }
    return (again.empty() ? *facts_[i].asked : again.back()) + distance;
  }

  [[nodiscard]] TimePoint next_due() const {
    if (finished_) return kNever;
    TimePoint due = std::min(end(), batch_due());
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      due = std::min(due, silence_due(i));
      const TimePoint repeat = repeat_due(i);
      if (repeat != kNever)
        due = std::min(due, std::max(repeat, volleys_.back().at + options_.stagger_delay));
    }
    return due;
  }

  // What must come of it.

  [[nodiscard]] bool next_is(Kind kind) const { return !unread_.empty() && unread_.front().kind == kind; }

  /// Takes all actions of one kind that stand next.
  std::vector<plan::PlanAction> read(Kind kind) {
    const auto other = std::ranges::find_if(unread_, [&](const auto& action) { return action.kind != kind; });
    std::vector<plan::PlanAction> actions(unread_.begin(), other);
    unread_.erase(unread_.begin(), other);
    return actions;
  }

  void follow() {
    if (step_->input == Input::Start) expect_active_tier();
    if (step_->input == Input::Usable && !answered_) expect_answer();
    if (step_->input != Input::Start && step_->at >= end()) {
      expect_expiry();
      return;
    }
    expect_silence();
    expect_batch();
    expect_repeats();
    if (outstanding() > 0 || launching()) return;
    if (!answered_) expect_failure_answer();
    expect_finish();
  }

  void expect_active_tier() {
    const auto launches = read(Kind::Launch);
    require(launches.size() == active_tier(), "P1: wrong size of the active tier");
    for (std::size_t i = 0; i < launches.size(); ++i) {
      require(launches[i].position == i && !candidates_[i].probe, "P1: not in rank order, or a probe");
      facts_[i].asked = step_->at;
    }
    volleys_.push_back({step_->at, launches.size(), false});
  }

  void expect_answer() {
    const auto answers = read(Kind::Answer);
    require(answers.size() == 1 && answers[0].position == step_->position,
            "P5: no answer to the first reply");
    answers_ += answers.size();
    answered_ = true;
  }

  void expect_silence() {
    const auto notes = read(Kind::NoteSilence);
    std::size_t due = 0;
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      if (step_->at >= silence_due(i)) ++due;
    }
    require(notes.size() == due, "silence is noted too often or not at all");
    for (const auto& note : notes) {
      require(step_->at >= silence_due(note.position), "silence of one who is not silent");
      facts_[note.position].silence_noted = true;
    }
  }

  void expect_batch() {
    if (step_->at < batch_due()) {
      require(!next_is(Kind::StartSecondTier) && !next_is(Kind::Launch),
              "P2, P3 or P6: a launch before its time");
      return;
    }
    const bool after_failures = all_failed().has_value();
    const auto starts = read(Kind::StartSecondTier);
    require(starts.size() == (last_batch_ ? 0 : 1), "P2: the second tier starts exactly once");
    if (!starts.empty()) require(explains(starts[0].reason), "P2: wrong reason");
    const auto launches = read(Kind::Launch);
    require(launches.size() == std::min(untried(), std::size_t{options_.batch_size}), "P3: wrong batch");
    for (const auto& launch : launches) {
      const auto first = std::ranges::find_if(facts_, [](const Facts& facts) { return !facts.asked; });
      require(first - facts_.begin() == launch.position, "P6: asked twice, or not in rank order");
      if (launch.position < facts_.size()) facts_[launch.position].asked = step_->at;
    }
    last_batch_ = step_->at;
    volleys_.push_back({step_->at, launches.size(), after_failures});
  }

  [[nodiscard]] bool explains(plan::SecondTierReason reason) const {
    const auto usable = first_usable();
    if (reason == plan::SecondTierReason::AllFailed) return all_failed().has_value();
    if (reason == plan::SecondTierReason::FirstReply)
      return usable && step_->at >= started_ + options_.stagger_delay;
    return step_->at >= started_ + options_.fallback_timeout;
  }

  void expect_repeats() {
    std::size_t due = 0;
    for (std::size_t i = 0; i < facts_.size(); ++i) {
      if (step_->at >= repeat_due(i)) ++due;
    }
    if (step_->at < volleys_.back().at + options_.stagger_delay) due = 0;
    const auto repeats = read(Kind::Retransmit);
    require(repeats.size() == std::min(due, std::size_t{options_.batch_size}), "P7: wrong retransmissions");
    for (const auto& repeat : repeats) {
      require(step_->at >= repeat_due(repeat.position), "P7: a retransmission before its time");
      facts_[repeat.position].asked_again.push_back(step_->at);
      facts_[repeat.position].doubted.reset();
    }
    if (!repeats.empty()) volleys_.push_back({step_->at, repeats.size(), false});
  }

  void expect_failure_answer() {
    const auto answers = read(Kind::AnswerFailure);
    answers_ += answers.size();
    answered_ = true;
    require(answers.size() == 1, "P5: no answer though everything failed");
    if (answers.size() != 1) return;
    require(answers[0].rcode == best_rcode(), "P5: not the best failure");
    const bool any_rcode =
        std::ranges::any_of(failures_, [](const auto& failure) { return failure.rcode.has_value(); });
    const bool network =
        std::ranges::all_of(failures_, &plan::AttemptFailure::network_error) && outstanding() == 0;
    const auto error = any_rcode ? dns::ExtendedError::None
                       : network ? dns::ExtendedError::NetworkError
                                 : dns::ExtendedError::NoReachableAuthority;
    require(answers[0].error == error, "wrong Extended DNS Error");
  }

  [[nodiscard]] dns::Rcode best_rcode() const {
    using dns::Rcode;
    for (const Rcode best : {Rcode::ServFail, Rcode::Refused, Rcode::NotImp, Rcode::FormErr}) {
      const auto is_best = [&](const plan::AttemptFailure& failure) { return failure.rcode == best; };
      if (std::ranges::any_of(failures_, is_best)) return best;
    }
    return Rcode::ServFail;
  }

  void expect_expiry() {
    const auto expiries = read(Kind::Expire);
    require(expiries.size() == outstanding(), "P8: not everybody outstanding expires");
    for (const auto& expiry : expiries) {
      require(facts_[expiry.position].outstanding(), "P8: somebody expires who was not outstanding");
    }
    if (!answered_) expect_failure_answer();
    expired_ = true;
    expect_finish();
  }

  void expect_finish() {
    require(read(Kind::Finish).size() == 1, "P8: the flight goes on though nothing is left to do");
    finished_ = true;
  }

  /// P4 over the whole flight: each window of `stagger_delay` holds one tier or batch, and one batch more
  /// for each time that everything had failed.
  void check_pace() {
    const std::size_t tier = std::max(options_.active_tier_size, options_.batch_size);
    for (std::size_t first = 0; first < volleys_.size(); ++first) {
      std::size_t queries = 0;
      std::size_t allowed = tier;
      for (std::size_t i = first; i < volleys_.size(); ++i) {
        if (volleys_[i].at >= volleys_[first].at + options_.stagger_delay) break;
        queries += volleys_[i].size;
        if (i != first && volleys_[i].after_failures) allowed += options_.batch_size;
      }
      require(queries <= allowed, "P4: too many queries within a stagger delay");
    }
  }

  plan::PlanOptions options_;
  std::vector<plan::QueryPlan::Candidate> candidates_;
  std::vector<Facts> facts_;
  std::vector<Volley> volleys_;
  std::vector<plan::AttemptFailure> failures_;
  std::optional<TimePoint> last_batch_;
  TimePoint started_;
  std::size_t answers_ = 0;
  bool answered_ = false;
  bool finished_ = false;
  bool expired_ = false;
  bool gave_way_ = false;
  const PlanStep* step_ = nullptr;
  std::vector<plan::PlanAction> unread_;
  std::string complaint_;
};

}  // namespace pacedns::test
