#include "pacedns/status/timeline.hpp"

#include <gmock/gmock.h>

#include "support/full_report.hpp"

namespace pacedns::status {
namespace {

using namespace std::chrono_literals;
using metrics::Counter;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TimePoint kStart{1h};

Report report_with(std::uint64_t queries) {
  Report report;
  report.totals.counters[static_cast<std::size_t>(Counter::QueriesUdp)] = queries;
  return report;
}

Report report_of(const std::string& upstream, std::optional<Duration> rtt) {
  Report report;
  report.upstreams.resize(1);
  report.upstreams[0].name = upstream;
  report.upstreams[0].smoothed_rtt = rtt;
  return report;
}

std::uint64_t queries(const Timeline::Window& window) {
  return window.counted[Counter::QueriesUdp];
}

/// A sample a second, `count` of them, with ten more queries in each; the last one's time.
TimePoint fill(Timeline& timeline, std::size_t count) {
  TimePoint at = kStart;
  for (std::size_t i = 0; i < count; ++i, at += 1s)
    timeline.add(report_with(10 * i), at);
  return at - 1s;
}

TEST(TimelineWindow, IsEmptyBeforeThereAreTwoSamples) {
  Timeline timeline;
  EXPECT_EQ(timeline.last(10s).span, 0s);
  EXPECT_EQ(timeline.end(), std::nullopt);
  timeline.add(report_with(1000), kStart);
  EXPECT_EQ(timeline.last(10s).span, 0s);
  EXPECT_EQ(queries(timeline.last(10s)), 0U) << "counted before anybody looked";
  EXPECT_EQ(timeline.end(), kStart);
}

TEST(TimelineWindow, IsAsLongAsTheSamplesReachBack) {
  Timeline timeline;
  fill(timeline, 5);
  EXPECT_EQ(timeline.last(10s).span, 4s);
  EXPECT_EQ(queries(timeline.last(10s)), 40U);
}

TEST(TimelineWindow, IsNoLongerThanItsSpan) {
  Timeline timeline;
  fill(timeline, 100);
  EXPECT_EQ(timeline.last(10s).span, 10s);
  EXPECT_EQ(queries(timeline.last(10s)), 100U);
}

TEST(TimelineWindow, ReachesOverAllThatIsKept) {
  Timeline timeline;
  const TimePoint end = fill(timeline, 1000);
  EXPECT_EQ(timeline.last(300s).span, 300s);
  EXPECT_EQ(queries(timeline.last(300s)), 3000U);
  EXPECT_EQ(timeline.last(1h).span, 300s);
  EXPECT_EQ(timeline.end(), end);
}

TEST(TimelineWindow, ASampleThatIsALittleLateDoesNotCostASecond) {
  Timeline timeline;
  for (int i = 0; i <= 20; ++i)
    timeline.add(report_with(0), kStart + i * 1s + (i % 2 == 0 ? 0ms : 3ms));
  EXPECT_EQ(timeline.last(10s).span, 10s);
  timeline.add(report_with(0), kStart + 21s + 4ms);
  EXPECT_EQ(timeline.last(10s).span, 10s + 1ms);
}

TEST(TimelineWindow, AfterAPauseLongerThanItIsAboutThePause) {
  Timeline timeline;
  const TimePoint end = fill(timeline, 5);
  timeline.add(report_with(1040), end + 25s);
  EXPECT_EQ(timeline.last(10s).span, 25s);
  EXPECT_EQ(queries(timeline.last(10s)), 1000U);
  timeline.add(report_with(1050), end + 26s);
  EXPECT_EQ(timeline.last(10s).span, 1s) << "what is known of the last ten seconds";
}

TEST(TimelineSteps, AreWhatLiesBetweenSamplesOldestFirst) {
  Timeline timeline;
  EXPECT_THAT(timeline.steps(), IsEmpty());
  timeline.add(report_with(5), kStart);
  EXPECT_THAT(timeline.steps(), IsEmpty());
  timeline.add(report_with(7), kStart + 1s);
  timeline.add(report_with(10), kStart + 2s);
  const auto steps = timeline.steps();
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(queries(steps[0]), 2U);
  EXPECT_EQ(queries(steps[1]), 3U);
  EXPECT_EQ(steps[1].span, 1s);
}

TEST(TimelineSteps, NoMoreThanThreeHundredAreKept) {
  Timeline timeline;
  fill(timeline, 300);
  EXPECT_EQ(timeline.steps().size(), 299U);
  fill(timeline, 1000);
  EXPECT_EQ(timeline.steps().size(), 300U);
}

TEST(TimelineSteps, OneThatTookLongerStandsForEachSecond) {
  Timeline timeline;
  timeline.add(report_with(0), kStart);
  timeline.add(report_with(1), kStart + 1s);
  timeline.add(report_with(31), kStart + 4s + 2ms);
  timeline.add(report_with(33), kStart + 5s);
  std::vector<std::uint64_t> counted;
  std::vector<Duration> spans;
  for (const auto& step : timeline.steps()) {
    counted.push_back(queries(step));
    spans.push_back(step.span);
  }
  EXPECT_THAT(counted, ElementsAre(1, 30, 30, 30, 2));
  EXPECT_THAT(spans, ElementsAre(1s, 3002ms, 3002ms, 3002ms, 998ms));
}

TEST(TimelineSteps, APauseLongerThanThePlotFillsIt) {
  Timeline timeline;
  const TimePoint end = fill(timeline, 50);
  timeline.add(report_with(7777), end + 24h);
  timeline.add(report_with(7778), end + 24h + 1s);
  const auto steps = timeline.steps();
  ASSERT_EQ(steps.size(), 300U);
  EXPECT_EQ(steps[0].span, 24h);
  EXPECT_EQ(steps[298].span, 24h);
  EXPECT_EQ(queries(steps[299]), 1U);
}

TEST(TimelineSteps, UnevenSamplesDoNotShiftWhatWasBefore) {
  Timeline timeline;
  timeline.add(report_with(0), kStart);
  TimePoint at = kStart + 1s;
  timeline.add(report_with(1000), at);
  for (int i = 0; i < 20; ++i)
    timeline.add(report_with(1000), at += i % 2 == 0 ? 600ms : 1400ms);
  const auto steps = timeline.steps();
  EXPECT_EQ(steps.size(), 21U);
  EXPECT_EQ(queries(steps[0]), 1000U);
}

TEST(TimelineSteps, TwoSamplesAtOneMomentMakeNone) {
  Timeline timeline;
  timeline.add(report_with(1), kStart);
  timeline.add(report_with(2), kStart);
  EXPECT_THAT(timeline.steps(), IsEmpty());
  EXPECT_EQ(timeline.last(10s).span, 0s);
}

TEST(TimelineDue, AnIntervalAfterTheOtherWithoutDrift) {
  EXPECT_EQ(Timeline::next_due(kStart, kStart), kStart + 1s);
  EXPECT_EQ(Timeline::next_due(kStart, kStart + 3ms), kStart + 1s);
  EXPECT_EQ(Timeline::next_due(kStart, kStart + 499ms), kStart + 1s);
}

TEST(TimelineDue, WhatWasMissedIsLeftOutSoThatNoStepIsShort) {
  EXPECT_EQ(Timeline::next_due(kStart, kStart + 500ms), kStart + 2s);
  EXPECT_EQ(Timeline::next_due(kStart, kStart + 1s), kStart + 2s);
  EXPECT_EQ(Timeline::next_due(kStart, kStart + 2700ms), kStart + 4s);
}

TEST(TimelineRtts, AreTakenEveryFiveSecondsAndSixtyAreKept) {
  Timeline timeline;
  EXPECT_THAT(timeline.rtt_of("one"), IsEmpty());
  for (int i = 0; i < 11; ++i)
    timeline.add(report_of("one", i * 1ms), kStart + i * 1s);
  EXPECT_THAT(timeline.rtt_of("one"), ElementsAre(0ms, 5ms, 10ms));
  EXPECT_THAT(timeline.rtt_of("two"), IsEmpty());
  for (int i = 11; i < 1000; ++i)
    timeline.add(report_of("one", i * 1ms), kStart + i * 1s);
  ASSERT_EQ(timeline.rtt_of("one").size(), 60U);
  EXPECT_EQ(timeline.rtt_of("one").front(), 700ms);
  EXPECT_EQ(timeline.rtt_of("one").back(), 995ms);
}

TEST(TimelineRtts, AnUpstreamWithoutMeasurementHasGaps) {
  Timeline timeline;
  timeline.add(report_of("one", std::nullopt), kStart);
  for (int i = 1; i < 6; ++i)
    timeline.add(report_of("one", 7ms), kStart + i * 1s);
  EXPECT_THAT(timeline.rtt_of("one"), ElementsAre(std::nullopt, 7ms));
}

TEST(TimelineRtts, AnUpstreamThatComesBackBeginsAnew) {
  Timeline timeline;
  int second = 0;
  const auto add = [&](const char* upstream, int seconds) {
    for (int i = 0; i < seconds; ++i, ++second)
      timeline.add(report_of(upstream, second * 1ms), kStart + second * 1s);
  };
  add("one", 10);
  add("two", 5);
  EXPECT_THAT(timeline.rtt_of("one"), IsEmpty());
  EXPECT_THAT(timeline.rtt_of("two"), ElementsAre(10ms));
  add("one", 5);
  EXPECT_THAT(timeline.rtt_of("one"), ElementsAre(15ms));
}

TEST(TimelineRtts, AnUpstreamThatWasGoneForAMomentIsRemembered) {
  Timeline timeline;
  timeline.add(report_of("one", 0ms), kStart);
  timeline.add(Report{}, kStart + 1s);
  for (int i = 2; i < 6; ++i)
    timeline.add(report_of("one", 5ms), kStart + i * 1s);
  EXPECT_THAT(timeline.rtt_of("one"), ElementsAre(0ms, 5ms));
}

}  // namespace
}  // namespace pacedns::status
