#include <gtest/gtest.h>

#include "pacedns/status/metric_groups.hpp"

#include "support/full_report.hpp"
#include "unit/status/metric_lookup.hpp"

namespace pacedns::status {
namespace {

using metrics::Counter;

double open_flights(std::uint64_t started, std::uint64_t finished) {
  metrics::Counters counters;
  counters.add(Counter::FlightsStarted, started);
  counters.add(Counter::FlightsFinished, finished);
  Report report;
  report.totals.add(counters);
  return gauge_in(flight_metrics(), "pacedns_flights_open", report);
}

TEST(FlightMetrics, OpenFlightsHaveStartedAndNotFinished) {
  EXPECT_EQ(open_flights(7, 4), 3);
}

TEST(FlightMetrics, ASumTakenWhileAFlightEndsIsNotNegative) {
  EXPECT_EQ(open_flights(4, 5), 0);
}

TEST(FlightMetrics, ThePeakIsTheReports) {
  EXPECT_EQ(gauge_in(flight_metrics(), "pacedns_launch_peak", test::full_report()), 2);
}

TEST(FlightMetrics, TiersAndReasonsAreNotMixedUp) {
  const MetricGroup group = flight_metrics();
  EXPECT_EQ(counter_in(group, "pacedns_answers_total", "active"), Counter::AnswersActiveTier);
  EXPECT_EQ(counter_in(group, "pacedns_answers_total", "second"), Counter::AnswersSecondTier);
  EXPECT_EQ(counter_in(group, "pacedns_answers_total", "none"), Counter::AnswersFailed);
  EXPECT_EQ(counter_in(group, "pacedns_second_tier_starts_total", "first_reply"),
            Counter::SecondTierAfterReply);
  EXPECT_EQ(counter_in(group, "pacedns_second_tier_starts_total", "all_failed"),
            Counter::SecondTierAfterFailure);
  EXPECT_EQ(counter_in(group, "pacedns_second_tier_starts_total", "timeout"),
            Counter::SecondTierAfterTimeout);
  EXPECT_EQ(counter_in(group, "pacedns_launches_total", "active"), Counter::LaunchesActiveTier);
  EXPECT_EQ(counter_in(group, "pacedns_launches_total", "second"), Counter::LaunchesSecondTier);
  EXPECT_EQ(counter_in(group, "pacedns_launches_total", "probe"), Counter::LaunchesProbe);
}

TEST(FlightMetrics, ThePoolHasItsReasons) {
  const MetricGroup group = pool_metrics();
  EXPECT_EQ(counter_in(group, "pacedns_pool_refusals_total", "other_owner"), Counter::PoolRefusalsOtherOwner);
  EXPECT_EQ(counter_in(group, "pacedns_pool_refusals_total", "not_mergeable"),
            Counter::PoolRefusalsNotMergeable);
  EXPECT_EQ(counter_in(group, "pacedns_pool_refusals_total", "full"), Counter::PoolRefusalsFull);
  EXPECT_EQ(counter_in(group, "pacedns_pool_additions_total"), Counter::PoolAdditions);
  EXPECT_EQ(counter_in(group, "pacedns_disagreements_total"), Counter::Disagreements);
}

}  // namespace
}  // namespace pacedns::status
