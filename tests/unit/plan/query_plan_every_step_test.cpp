#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "pacedns/plan/query_plan.hpp"

// One healthy flight, and what becomes of it when each of its steps in turn fails, stays out, comes twice or
// comes too late.

namespace pacedns::plan {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};
constexpr std::size_t kUpstreams = 5;

enum class Mishap { None, Fails, Unreachable, Silent, Repeated, FarTooLate };

struct Flight {
  std::vector<Position> launched;
  std::vector<Position> expired;
  std::optional<Duration> answered_at;
  bool answered_with_failure = false;
  std::size_t answers = 0;
  std::optional<Duration> finished_at;
};

/// Runs a flight of five upstreams, which reply after 50, 80, 120, 160 and 200 ms, in virtual time. `mishap`
/// befalls those in `struck`.
class FlightRun {
 public:
  FlightRun(Mishap mishap, std::vector<Position> struck) : mishap_(mishap), struck_(std::move(struck)) {}

  Flight run() {
    take(plan_.start(kStart), kStart);
    for (int steps = 0; plan_.next_deadline() != kNever || !replies_.empty(); ++steps) {
      if (steps > 1000) {
        ADD_FAILURE() << "the plan is awake all the time";
        break;
      }
      if (replies_.empty() || plan_.next_deadline() <= replies_.begin()->first) {
        const TimePoint now = plan_.next_deadline();
        take(plan_.on_deadline(now), now);
      } else {
        const auto [now, position] = *replies_.begin();
        replies_.erase(replies_.begin());
        deliver(position, now);
      }
    }
    return flight_;
  }

 private:
  bool is_struck(Position position) const { return std::ranges::find(struck_, position) != struck_.end(); }

  void deliver(Position position, TimePoint now) {
    const Mishap mishap = is_struck(position) ? mishap_ : Mishap::None;
    if (mishap == Mishap::Fails) {
      take(plan_.on_failure(position, {.rcode = dns::Rcode::ServFail}, now), now);
    } else if (mishap == Mishap::Unreachable) {
      take(plan_.on_failure(position, {.rcode = {}, .network_error = true}, now), now);
    } else {
      take(plan_.on_usable(position, now), now);
      if (mishap == Mishap::Repeated) take(plan_.on_usable(position, now), now);
    }
  }

  void take(const PlanActions& actions, TimePoint now) {
    for (const auto& action : actions) {
      EXPECT_FALSE(flight_.finished_at) << "an action after the end";
      switch (action.kind) {
        case PlanAction::Kind::Launch:
          flight_.launched.push_back(action.position);
          schedule(action.position, now);
          break;
        case PlanAction::Kind::Answer:
        case PlanAction::Kind::AnswerFailure:
          ++flight_.answers;
          flight_.answered_at = now - kStart;
          flight_.answered_with_failure = action.kind == PlanAction::Kind::AnswerFailure;
          break;
        case PlanAction::Kind::Expire:
          flight_.expired.push_back(action.position);
          break;
        case PlanAction::Kind::Finish:
          flight_.finished_at = now - kStart;
          break;
        default:
          break;
      }
    }
  }

  void schedule(Position position, TimePoint now) {
    static constexpr Duration kRtt[kUpstreams] = {50ms, 80ms, 120ms, 160ms, 200ms};
    if (is_struck(position) && mishap_ == Mishap::Silent) return;
    const bool late = is_struck(position) && mishap_ == Mishap::FarTooLate;
    replies_.emplace(now + kRtt[position] + (late ? 10s : 0s), position);
  }

  Mishap mishap_;
  std::vector<Position> struck_;
  QueryPlan plan_{{}, std::vector<QueryPlan::Candidate>(kUpstreams, {.retransmission_time = 400ms})};
  std::multimap<TimePoint, Position> replies_;
  Flight flight_;
};

Flight fly(Mishap mishap, std::vector<Position> struck) {
  return FlightRun(mishap, std::move(struck)).run();
}

constexpr Mishap kMishaps[] = {Mishap::None,   Mishap::Fails,    Mishap::Unreachable,
                               Mishap::Silent, Mishap::Repeated, Mishap::FarTooLate};

TEST(QueryPlanEveryStep, OneMishapAnywhereCostsTheClientNothingButTheNextBest) {
  for (const Mishap mishap : kMishaps) {
    for (Position struck = 0; struck < kUpstreams; ++struck) {
      SCOPED_TRACE("mishap " + std::to_string(static_cast<int>(mishap)) + " at " + std::to_string(struck));
      const Flight flight = fly(mishap, {struck});
      EXPECT_EQ(flight.answers, 1U);
      EXPECT_FALSE(flight.answered_with_failure);
      const bool best_is_out = struck == 0 && mishap != Mishap::None && mishap != Mishap::Repeated;
      EXPECT_EQ(flight.answered_at, best_is_out ? 80ms : 50ms);
      EXPECT_EQ(flight.launched, (std::vector<Position>{0, 1, 2, 3, 4}));
      const bool unheard = mishap == Mishap::Silent || mishap == Mishap::FarTooLate;
      EXPECT_EQ(flight.expired, unheard ? std::vector{struck} : std::vector<Position>{});
      EXPECT_GE(flight.finished_at, unheard ? Duration(3s) : Duration(280ms));
      EXPECT_LE(flight.finished_at, unheard ? Duration(3s) : Duration(330ms));
    }
  }
}

TEST(QueryPlanEveryStep, RepeatedRepliesLeaveTheFlightAsItWas) {
  const Flight plain = fly(Mishap::None, {});
  const Flight repeated = fly(Mishap::Repeated, {0, 1, 2, 3, 4});
  EXPECT_EQ(plain.finished_at, 300ms);
  EXPECT_EQ(repeated.finished_at, plain.finished_at);
  EXPECT_EQ(repeated.launched, plain.launched);
  EXPECT_EQ(repeated.answered_at, plain.answered_at);
}

TEST(QueryPlanEveryStep, AnyTwoMishapsStillLeaveAnAnswer) {
  for (const Mishap mishap : kMishaps) {
    for (Position first = 0; first < kUpstreams; ++first) {
      for (Position second = 0; second < first; ++second) {
        const Flight flight = fly(mishap, {first, second});
        EXPECT_EQ(flight.answers, 1U);
        EXPECT_FALSE(flight.answered_with_failure);
        EXPECT_LE(flight.answered_at, 420ms);
        EXPECT_EQ(flight.launched.size(), kUpstreams);
        EXPECT_LE(flight.finished_at, 3s);
      }
    }
  }
}

TEST(QueryPlanEveryStep, WhenAllMeetTheSameMishapTheClientHearsOfItOnce) {
  for (const Mishap mishap : {Mishap::Fails, Mishap::Unreachable, Mishap::Silent, Mishap::FarTooLate}) {
    const Flight flight = fly(mishap, {0, 1, 2, 3, 4});
    EXPECT_EQ(flight.answers, 1U);
    EXPECT_TRUE(flight.answered_with_failure);
    EXPECT_EQ(flight.launched.size(), kUpstreams);
    const bool unheard = mishap == Mishap::Silent || mishap == Mishap::FarTooLate;
    // The active tier has failed at 80 ms; C and D are asked then and E, at its pace, at 130 ms.
    EXPECT_EQ(flight.answered_at, unheard ? 3s : 330ms);
    EXPECT_EQ(flight.finished_at, flight.answered_at);
  }
}

}  // namespace
}  // namespace pacedns::plan
