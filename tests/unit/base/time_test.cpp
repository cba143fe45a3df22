#include "pacedns/base/time.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace pacedns {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(Time, WholeSecondsAreRoundedDown) {
  EXPECT_EQ(whole_seconds(TimePoint{}), 0);
  EXPECT_EQ(whole_seconds(TimePoint{seconds(5)}), 5);
  EXPECT_EQ(whole_seconds(TimePoint{seconds(5) - nanoseconds(1)}), 4);
  EXPECT_EQ(whole_seconds(TimePoint{seconds(5) + nanoseconds(999'999'999)}), 5);
  EXPECT_EQ(whole_seconds(TimePoint{nanoseconds(-1)}), -1);
}

TEST(Time, NeverIsLaterThanNow) {
  EXPECT_GT(kNever, steady_now() + std::chrono::hours(24 * 365 * 100));
}

TEST(Time, TheClockDoesNotGoBack) {
  const TimePoint before = steady_now();
  EXPECT_LE(before, steady_now());
}

}  // namespace
}  // namespace pacedns
