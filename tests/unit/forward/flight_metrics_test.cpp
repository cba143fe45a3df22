#include "pacedns/forward/flight_metrics.hpp"

#include <memory>

#include <gtest/gtest.h>

#include "unit/forward/forwarding.hpp"

namespace pacedns::forward {
namespace {

using cache::MergeOutcome;
using metrics::Counter;
using metrics::UpstreamCounter;
using plan::ResponseVerdict;
using plan::SecondTierReason;
using test::kStart;
using test::MessageBuilder;

class FlightMetricsTest : public testing::Test {
 protected:
  /// The sum of all, so that a test sees when more is counted than it says.
  [[nodiscard]] std::uint64_t counted() const {
    metrics::Counters::Sum sum{};
    counters_.add_to(sum);
    std::uint64_t all = 0;
    for (const std::uint64_t each : sum)
      all += each;
    return all;
  }

  [[nodiscard]] std::uint64_t counted_of(std::size_t upstream) const {
    std::uint64_t all = 0;
    for (const std::uint64_t each : settings_->upstreams[upstream].totals->sum().counters)
      all += each;
    return all;
  }

  [[nodiscard]] std::uint64_t count(Counter counter) const { return counters_.get(counter); }
  [[nodiscard]] std::uint64_t count(std::size_t upstream, UpstreamCounter counter) const {
    return settings_->upstreams[upstream].totals->sum()[counter];
  }

  void answer() { flight_.answer = std::make_shared<const cache::ResponseImage>(); }

  void merge_into_a_pool() {
    flight_.pool = cache::AddressPool::from_winner(
        test::Reply(MessageBuilder("www.example.").response().answer("www.example. 300 IN A 192.0.2.1"))
            .view());
    ASSERT_TRUE(flight_.pool.has_value());
  }

  metrics::Counters counters_;
  test::FakeNetwork network_;
  std::shared_ptr<Settings> settings_ = test::settings_with(3);
  std::shared_ptr<UpstreamSet> upstreams_ = std::make_shared<UpstreamSet>(network_, *settings_, 0, nullptr);
  Flight flight_{test::key_for("www.example."), 1, settings_, upstreams_, upstreams_->choose(kStart), kStart};
};

TEST_F(FlightMetricsTest, ALaunchIsCountedByTier) {
  const struct {
    Tier tier;
    Counter counter;
    UpstreamCounter of_upstream;
  } rows[] = {{Tier::Active, Counter::LaunchesActiveTier, UpstreamCounter::QueriesActiveTier},
              {Tier::Second, Counter::LaunchesSecondTier, UpstreamCounter::QueriesSecondTier},
              {Tier::Probe, Counter::LaunchesProbe, UpstreamCounter::QueriesProbe}};
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    flight_.attempts[i].tier = rows[i].tier;
    flight_metrics::launched(flight_, flight_.attempts[i], counters_);
    EXPECT_EQ(count(rows[i].counter), 1U);
    EXPECT_EQ(count(i, rows[i].of_upstream), 1U);
    EXPECT_EQ(counted_of(i), 1U);
    EXPECT_EQ(counted(), i + 1);
  }
}

TEST_F(FlightMetricsTest, ALaunchAfterTheAnswerIsInTheBackground) {
  flight_metrics::launched(flight_, flight_.attempts[0], counters_);
  EXPECT_EQ(count(Counter::BackgroundQueries), 0U);
  answer();
  flight_metrics::launched(flight_, flight_.attempts[1], counters_);
  EXPECT_EQ(count(Counter::BackgroundQueries), 1U);
}

TEST_F(FlightMetricsTest, AReplyIsCountedByWhatItIsWorth) {
  const std::pair<ResponseVerdict, UpstreamCounter> rows[] = {
      {ResponseVerdict::Usable, UpstreamCounter::RepliesUsable},
      {ResponseVerdict::Failure, UpstreamCounter::RepliesFailure},
      {ResponseVerdict::Truncated, UpstreamCounter::RepliesTruncated},
      {ResponseVerdict::NoEdns, UpstreamCounter::RepliesNoEdns}};
  std::uint64_t replies = 0;
  for (const auto& [verdict, counter] : rows) {
    flight_metrics::replied((*upstreams_)[1], verdict);
    EXPECT_EQ(count(1, counter), 1U);
    EXPECT_EQ(counted_of(1), ++replies);
  }
}

TEST_F(FlightMetricsTest, TheSecondTierIsCountedByWhyItBegan) {
  flight_metrics::second_tier(SecondTierReason::FirstReply, counters_);
  EXPECT_EQ(count(Counter::SecondTierAfterReply), 1U);
  flight_metrics::second_tier(SecondTierReason::AllFailed, counters_);
  EXPECT_EQ(count(Counter::SecondTierAfterFailure), 1U);
  flight_metrics::second_tier(SecondTierReason::Timeout, counters_);
  EXPECT_EQ(count(Counter::SecondTierAfterTimeout), 1U);
  EXPECT_EQ(counted(), 3U);
}

TEST_F(FlightMetricsTest, AnAnswerIsCountedByTheTierOfItsWinner) {
  const std::pair<Tier, Counter> rows[] = {{Tier::Active, Counter::AnswersActiveTier},
                                           {Tier::Second, Counter::AnswersSecondTier},
                                           {Tier::Probe, Counter::AnswersSecondTier}};
  std::uint64_t answers = 0;
  for (const auto& [tier, counter] : rows) {
    const std::uint64_t before = count(counter);
    flight_.attempts[2].tier = tier;
    flight_metrics::answered(flight_, flight_.attempts[2], counters_);
    EXPECT_EQ(count(counter), before + 1);
    EXPECT_EQ(counted(), ++answers);
  }
  EXPECT_EQ(count(2, UpstreamCounter::Wins), 3U);
  EXPECT_EQ(counted_of(0) + counted_of(1), 0U);
}

TEST_F(FlightMetricsTest, WhatIsUnderWayAtTheAnswerIsInTheBackground) {
  flight_.attempts[0].outcome = AttemptOutcome::Usable;
  flight_.attempts[1].outcome = AttemptOutcome::Pending;
  flight_.attempts[2].outcome = AttemptOutcome::Failure;
  flight_metrics::answered(flight_, flight_.attempts[0], counters_);
  EXPECT_EQ(count(Counter::BackgroundQueries), 1U);
}

TEST_F(FlightMetricsTest, WhatNoClientAskedForIsNobodysAnswer) {
  flight_.ours = true;
  flight_metrics::answered(flight_, flight_.attempts[0], counters_);
  flight_metrics::failed(flight_, counters_);
  EXPECT_EQ(counted(), 0U);
  flight_.ours = false;
  flight_metrics::failed(flight_, counters_);
  EXPECT_EQ(count(Counter::AnswersFailed), 1U);
  EXPECT_EQ(counted(), 1U);
}

TEST_F(FlightMetricsTest, WhatIsCollectedIsCountedByWhatCameOfIt) {
  merge_into_a_pool();
  const std::pair<MergeOutcome, std::optional<Counter>> rows[] = {
      {MergeOutcome::Merged, std::nullopt},
      {MergeOutcome::Full, Counter::PoolRefusalsFull},
      {MergeOutcome::Disagrees, Counter::Disagreements},
      {MergeOutcome::OtherOwner, Counter::PoolRefusalsOtherOwner},
      {MergeOutcome::NotMergeable, Counter::PoolRefusalsNotMergeable}};
  std::uint64_t expected = 0;
  for (const auto& [outcome, counter] : rows) {
    flight_metrics::collected(flight_, outcome, counters_);
    expected += counter ? 2U : 1U;
    EXPECT_EQ(counter ? count(*counter) : 1U, 1U);
    EXPECT_EQ(counted(), expected);
  }
  EXPECT_EQ(count(Counter::BackgroundReplies), std::size(rows));
}

TEST_F(FlightMetricsTest, WithoutAPoolNothingIsRefusedByIt) {
  flight_metrics::collected(flight_, MergeOutcome::NotMergeable, counters_);
  EXPECT_EQ(count(Counter::BackgroundReplies), 1U);
  EXPECT_EQ(counted(), 1U);
  flight_metrics::collected(flight_, MergeOutcome::Disagrees, counters_);
  EXPECT_EQ(count(Counter::Disagreements), 1U);
}

}  // namespace
}  // namespace pacedns::forward
