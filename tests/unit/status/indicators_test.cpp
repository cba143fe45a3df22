#include "pacedns/status/indicators.hpp"

#include <chrono>
#include <set>

#include <gtest/gtest.h>

#include "support/full_report.hpp"

namespace pacedns::status {
namespace {

using metrics::Counter;
using metrics::Counters;
using metrics::Snapshot;

Snapshot snapshot_of(const Counters& counters) {
  Snapshot snapshot;
  snapshot.add(counters);
  return snapshot;
}

Indicator only(IndicatorId id, const Counters& counters) {
  return indicators(snapshot_of(counters), {})[id];
}

Indicator launch_peak(std::uint64_t peak, std::size_t upstreams) {
  Report now;
  now.totals.launch_peak = peak;
  now.upstreams.resize(upstreams);
  return indicators({}, now)[IndicatorId::LaunchPeak];
}

TEST(Indicators, WithoutDataHaveNoValueAndNoVerdict) {
  for (const Indicator& each : indicators({}, {}).list) {
    EXPECT_FALSE(each.value) << each.id;
    EXPECT_FALSE(each.median) << each.id;
    EXPECT_FALSE(each.met()) << each.id;
  }
}

TEST(Indicators, AreTheFiveOfTheInterface) {
  const Indicators all = indicators({}, {});
  EXPECT_EQ(all[IndicatorId::ActiveTierAnswers].id, "active_tier_answers");
  EXPECT_EQ(all[IndicatorId::SecondTierBeforeAnswer].id, "second_tier_before_answer");
  EXPECT_EQ(all[IndicatorId::BackgroundCollected].id, "background_collected");
  EXPECT_EQ(all[IndicatorId::LaunchPeak].id, "launch_peak");
  EXPECT_EQ(all[IndicatorId::MissLatency].id, "miss_latency");
  EXPECT_EQ(all[IndicatorId::MissLatency].unit, "ms");
}

TEST(Indicators, ActiveTierAnswersAreAShareOfAllAnswers) {
  Counters counters;
  counters.add(Counter::AnswersActiveTier, 85);
  counters.add(Counter::AnswersSecondTier, 10);
  counters.add(Counter::AnswersFailed, 5);
  const Indicator indicator = only(IndicatorId::ActiveTierAnswers, counters);
  EXPECT_DOUBLE_EQ(*indicator.value, 0.85);
  EXPECT_EQ(indicator.met(), true);
}

TEST(Indicators, AValueThatEqualsItsLimitMissesTheTarget) {
  Counters counters;
  counters.add(Counter::AnswersActiveTier, 8);
  counters.add(Counter::AnswersFailed, 2);
  counters.add(Counter::FlightsStarted, 10);
  counters.add(Counter::SecondTierAfterTimeout, 2);
  EXPECT_EQ(only(IndicatorId::ActiveTierAnswers, counters).met(), false);
  EXPECT_EQ(only(IndicatorId::SecondTierBeforeAnswer, counters).met(), false);
}

TEST(Indicators, ASecondTierThatFollowsAReplyIsAsItShouldBe) {
  Counters counters;
  counters.add(Counter::FlightsStarted, 100);
  counters.add(Counter::SecondTierAfterReply, 80);
  counters.add(Counter::SecondTierAfterFailure, 4);
  counters.add(Counter::SecondTierAfterTimeout, 6);
  const Indicator indicator = only(IndicatorId::SecondTierBeforeAnswer, counters);
  EXPECT_DOUBLE_EQ(*indicator.value, 0.1);
  EXPECT_EQ(indicator.met(), true);
}

TEST(Indicators, RepliesToQueriesBeforeTheWindowMakeNoMoreThanAll) {
  Counters counters;
  counters.add(Counter::BackgroundQueries, 10);
  counters.add(Counter::BackgroundReplies, 9);
  EXPECT_DOUBLE_EQ(*only(IndicatorId::BackgroundCollected, counters).value, 0.9);
  counters.add(Counter::BackgroundReplies, 9);
  EXPECT_DOUBLE_EQ(*only(IndicatorId::BackgroundCollected, counters).value, 1);
}

TEST(Indicators, TheLaunchPeakIsHeldAgainstTheUpstreams) {
  EXPECT_DOUBLE_EQ(*launch_peak(2, 5).value, 0.4);
  EXPECT_EQ(launch_peak(2, 5).met(), true);
  EXPECT_EQ(launch_peak(2, 4).met(), false);
  EXPECT_FALSE(launch_peak(2, 0).value) << "all upstreams have gone since";
  EXPECT_FALSE(launch_peak(0, 5).value) << "nothing was launched yet";
}

TEST(Indicators, TheLatencyOfMissesHasP50AndP99) {
  Counters counters;
  counters.miss_latency.observe(std::chrono::milliseconds(45), 98);
  counters.miss_latency.observe(std::chrono::milliseconds(250), 2);
  counters.hit_latency.observe(std::chrono::seconds(1), 1000);
  const Indicator indicator = only(IndicatorId::MissLatency, counters);
  EXPECT_NEAR(*indicator.median, 45.1, 0.1);
  EXPECT_NEAR(*indicator.value, 250, 0.1);
  EXPECT_EQ(indicator.met(), false);
}

TEST(Indicators, ComeFromTheWindowButForThePeak) {
  const Report now = test::full_report();
  const Indicators all = indicators({}, now);
  EXPECT_FALSE(all[IndicatorId::ActiveTierAnswers].value);
  EXPECT_FALSE(all[IndicatorId::MissLatency].value);
  EXPECT_TRUE(all[IndicatorId::LaunchPeak].value);
}

}  // namespace
}  // namespace pacedns::status
