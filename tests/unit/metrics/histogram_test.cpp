#include "pacedns/metrics/histogram.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace pacedns::metrics {
namespace {

using namespace std::chrono_literals;

HistogramCounts counts_of(const Histogram& histogram) {
  HistogramCounts counts;
  histogram.add_to(counts);
  return counts;
}

TEST(Histogram, ABoundBelongsToItsBucket) {
  Histogram histogram;
  histogram.observe(50us);
  histogram.observe(50us + 1ns);
  histogram.observe(5s);
  histogram.observe(5s + 1ns);
  const auto counts = counts_of(histogram);
  EXPECT_EQ(counts.buckets[0], 1U);
  EXPECT_EQ(counts.buckets[1], 1U);
  EXPECT_EQ(counts.buckets[kLatencyBounds.size() - 1], 1U);
  EXPECT_EQ(counts.buckets[kLatencyBounds.size()], 1U) << "behind the last bound";
  EXPECT_EQ(counts.count(), 4U);
}

TEST(Histogram, ATimeThatRunsBackwardsCountsAsNone) {
  Histogram histogram;
  histogram.observe(-1ms);
  const auto counts = counts_of(histogram);
  EXPECT_EQ(counts.buckets[0], 1U);
  EXPECT_EQ(counts.sum_us, 0U);
}

TEST(Histogram, OneObservationCountsForMany) {
  Histogram histogram;
  histogram.observe(20ms, 32);
  const auto counts = counts_of(histogram);
  EXPECT_EQ(counts.count(), 32U);
  EXPECT_EQ(counts.sum_us, 640'000U);
}

TEST(Histogram, SumsWithOthers) {
  Histogram one;
  Histogram two;
  one.observe(1ms);
  two.observe(2ms);
  HistogramCounts sum;
  one.add_to(sum);
  two.add_to(sum);
  EXPECT_EQ(sum.count(), 2U);
  EXPECT_EQ(sum.sum_us, 3'000U);
}

TEST(Histogram, AQuantileIsInterpolatedWithinItsBucket) {
  Histogram histogram;
  histogram.observe(45ms, 100);  // in the bucket from 40 to 50 ms
  const auto counts = counts_of(histogram);
  EXPECT_EQ(counts.quantile(0.5), 45ms);
  EXPECT_EQ(counts.quantile(1.0), 50ms);
  EXPECT_EQ(counts.quantile(0.0), 40ms);
}

TEST(Histogram, AQuantileGoesOverEmptyBuckets) {
  Histogram histogram;
  histogram.observe(30us, 99);
  histogram.observe(4s);
  EXPECT_EQ(counts_of(histogram).quantile(0.99), 50us);
  EXPECT_GT(counts_of(histogram).quantile(0.995), 3s);
}

TEST(Histogram, WhatIsBehindTheLastBoundIsNotOverstated) {
  Histogram histogram;
  histogram.observe(1h);
  EXPECT_EQ(counts_of(histogram).quantile(0.5), Duration(kLatencyBounds.back()));
}

TEST(Histogram, HasNoQuantileWithoutObservations) {
  EXPECT_EQ(HistogramCounts{}.quantile(0.5), std::nullopt);
}

TEST(Histogram, TheDifferenceIsWhatCameBetween) {
  Histogram histogram;
  histogram.observe(1ms);
  const auto earlier = counts_of(histogram);
  histogram.observe(80ms);
  const auto between = counts_of(histogram) - earlier;
  EXPECT_EQ(between.count(), 1U);
  EXPECT_EQ(between.sum_us, 80'000U);
  EXPECT_GT(between.quantile(0.5), 60ms);
}

}  // namespace
}  // namespace pacedns::metrics
