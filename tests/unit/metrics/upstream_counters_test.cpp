#include "pacedns/metrics/upstream_counters.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace pacedns::metrics {
namespace {

TEST(UpstreamTotals, SumWhatEachWorkerCountsForItself) {
  UpstreamTotals totals;
  totals.of_worker(0).add(UpstreamCounter::Wins, 3);
  totals.of_worker(1).add(UpstreamCounter::Wins);
  totals.of_worker(1).add(UpstreamCounter::Mismatches, 2);
  totals.of_worker(1).rtt.observe(std::chrono::milliseconds(50));
  const UpstreamSnapshot sum = totals.sum();
  EXPECT_EQ(sum[UpstreamCounter::Wins], 4U);
  EXPECT_EQ(sum[UpstreamCounter::Mismatches], 2U);
  EXPECT_EQ(sum[UpstreamCounter::QueriesActiveTier], 0U);
  EXPECT_EQ(sum.rtt.count(), 1U);
  EXPECT_EQ(totals.of_worker(0).get(UpstreamCounter::Wins), 3U) << "reading changes nothing";
}

}  // namespace
}  // namespace pacedns::metrics
