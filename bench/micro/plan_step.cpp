#include <chrono>
#include <cstdint>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "pacedns/plan/deadline_queue.hpp"
#include "pacedns/plan/query_plan.hpp"

#include "micro/report.hpp"

// A whole flight as its plan sees it: two of five upstreams are asked, they reply, the others follow in their
// batches and reply too. Every step moves the flight's deadline in a queue with those of many other flights.

namespace pacedns::micro {
namespace {

using namespace std::chrono_literals;
using plan::DeadlineQueue;
using plan::PlanAction;
using plan::Position;
using plan::QueryPlan;

constexpr TimePoint kStart{1h};
constexpr std::size_t kUpstreams = 5;

/// The flight on top of `others`, which are due at any time of the next three seconds.
class Flight {
 public:
  explicit Flight(std::uint32_t others) : id_(others) {
    std::minstd_rand random(others);
    for (std::uint32_t i = 0; i < others; ++i)
      queue_.set(i, kStart + std::chrono::microseconds(random() % 3'000'000));
  }

  /// From start to finish; every upstream takes 20 ms. Returns the number of steps.
  std::size_t fly(QueryPlan& plan) {
    launched_.clear();
    replied_ = 0;
    TimePoint now = kStart;
    note(plan, plan.start(now));
    std::size_t steps = 1;
    while (!plan.finished()) {
      if (replied_ < launched_.size()) {
        const Position replying = launched_[replied_++];
        now += 20ms;
        note(plan, plan.on_usable(replying, now));
      } else {
        now = plan.next_deadline();
        note(plan, plan.on_deadline(now));
      }
      ++steps;
    }
    return steps;
  }

 private:
  void note(const QueryPlan& plan, const plan::PlanActions& actions) {
    for (const PlanAction& action : actions) {
      if (action.kind == PlanAction::Kind::Launch) launched_.push_back(action.position);
    }
    queue_.set(id_, plan.next_deadline());
  }

  DeadlineQueue queue_;
  DeadlineQueue::Id id_;
  std::vector<Position> launched_;
  std::size_t replied_ = 0;
};

void plan_step(benchmark::State& state) {
  const std::vector<QueryPlan::Candidate> candidates(kUpstreams, {.retransmission_time = 400ms});
  Flight flight(static_cast<std::uint32_t>(state.range(0)));
  std::size_t steps = 0;
  for (auto _ : state) {
    QueryPlan plan({}, candidates);
    steps = flight.fly(plan);
  }
  report_each(state, "step", steps);
}
BENCHMARK(plan_step)->ArgName("flights")->Arg(100)->Arg(10'000);

}  // namespace
}  // namespace pacedns::micro
