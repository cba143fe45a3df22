#include "pacedns/forward/flight_metrics.hpp"

#include <algorithm>

namespace pacedns::forward::flight_metrics {

using cache::MergeOutcome;
using metrics::Counter;
using metrics::UpstreamCounter;
using plan::ResponseVerdict;

void launched(const Flight& flight, const Attempt& attempt, metrics::Counters& counters) {
  auto& upstream = flight.upstream_of(attempt).counters;
  switch (attempt.tier) {
    case Tier::Active:
      counters.add(Counter::LaunchesActiveTier);
      upstream.add(UpstreamCounter::QueriesActiveTier);
      break;
    case Tier::Second:
      counters.add(Counter::LaunchesSecondTier);
      upstream.add(UpstreamCounter::QueriesSecondTier);
      break;
    case Tier::Probe:
      counters.add(Counter::LaunchesProbe);
      upstream.add(UpstreamCounter::QueriesProbe);
      break;
  }
  if (flight.answer) counters.add(Counter::BackgroundQueries);
}

void replied(Upstream& upstream, ResponseVerdict verdict) {
  switch (verdict) {
    case ResponseVerdict::Usable:
      return upstream.counters.add(UpstreamCounter::RepliesUsable);
    case ResponseVerdict::Truncated:
      return upstream.counters.add(UpstreamCounter::RepliesTruncated);
    case ResponseVerdict::NoEdns:
      return upstream.counters.add(UpstreamCounter::RepliesNoEdns);
    case ResponseVerdict::Failure:
      return upstream.counters.add(UpstreamCounter::RepliesFailure);
  }
}

void second_tier(plan::SecondTierReason reason, metrics::Counters& counters) {
  switch (reason) {
    case plan::SecondTierReason::FirstReply:
      return counters.add(Counter::SecondTierAfterReply);
    case plan::SecondTierReason::AllFailed:
      return counters.add(Counter::SecondTierAfterFailure);
    case plan::SecondTierReason::Timeout:
      return counters.add(Counter::SecondTierAfterTimeout);
  }
}

void answered(const Flight& flight, const Attempt& winner, metrics::Counters& counters) {
  flight.upstream_of(winner).counters.add(UpstreamCounter::Wins);
  if (!flight.ours)
    counters.add(winner.tier == Tier::Active ? Counter::AnswersActiveTier : Counter::AnswersSecondTier);
  const auto under_way = std::ranges::count_if(flight.attempts, &Attempt::pending);
  counters.add(Counter::BackgroundQueries, static_cast<std::uint64_t>(under_way));
}

void failed(const Flight& flight, metrics::Counters& counters) {
  if (!flight.ours) counters.add(Counter::AnswersFailed);
}

// Without a pool there is nothing to merge with, and only what contradicts the answer is news.
void collected(const Flight& flight, MergeOutcome outcome, metrics::Counters& counters) {
  counters.add(Counter::BackgroundReplies);
  switch (outcome) {
    case MergeOutcome::Merged:
      return;
    case MergeOutcome::Disagrees:
      return counters.add(Counter::Disagreements);
    case MergeOutcome::OtherOwner:
      return counters.add(Counter::PoolRefusalsOtherOwner);
    case MergeOutcome::Full:
      return counters.add(Counter::PoolRefusalsFull);
    case MergeOutcome::NotMergeable:
      if (flight.pool) counters.add(Counter::PoolRefusalsNotMergeable);
  }
}

}  // namespace pacedns::forward::flight_metrics
