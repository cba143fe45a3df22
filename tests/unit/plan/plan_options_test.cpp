#include "pacedns/plan/plan_options.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace pacedns::plan {
namespace {

using namespace std::chrono_literals;

TEST(PlanOptions, DefaultsAreThoseOfTheDesign) {
  const PlanOptions options;
  EXPECT_EQ(options.active_tier_size, 2U);
  EXPECT_EQ(options.fallback_timeout, 300ms);
  EXPECT_EQ(options.batch_size, 2U);
  EXPECT_EQ(options.stagger_delay, 50ms);
  EXPECT_EQ(options.total_collect_timeout, 3s);
  EXPECT_EQ(options.collect, Collect::All);
}

TEST(PlanOptions, DefaultsHoldTheRelations) {
  const PlanOptions options;
  EXPECT_LE(options.stagger_delay, options.fallback_timeout);
  EXPECT_LT(options.fallback_timeout, options.total_collect_timeout);
}

template <typename T>
void expect_limits(const Tunable<T>& tunable, T minimum, T maximum, T step) {
  EXPECT_TRUE(tunable.allows(tunable.default_value));
  EXPECT_TRUE(tunable.allows(minimum));
  EXPECT_TRUE(tunable.allows(maximum));
  EXPECT_FALSE(tunable.allows(minimum - step));
  EXPECT_FALSE(tunable.allows(maximum + step));
}

TEST(PlanOptions, LimitsAreInclusive) {
  expect_limits(kActiveTierSize, 1U, 16U, 1U);
  expect_limits(kBatchSize, 1U, 16U, 1U);
  expect_limits<Duration>(kFallbackTimeout, 10ms, 5s, 1ns);
  expect_limits<Duration>(kStaggerDelay, 1ms, 1s, 1ns);
  expect_limits<Duration>(kTotalCollectTimeout, 100ms, 10s, 1ns);
}

}  // namespace
}  // namespace pacedns::plan
