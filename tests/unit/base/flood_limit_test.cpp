#include "pacedns/base/flood_limit.hpp"

#include <chrono>
#include <optional>

#include <gtest/gtest.h>

namespace pacedns {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TimePoint kStart{seconds(1000)};

TEST(FloodLimit, LetsTheFirstEventPass) {
  FloodLimit limit;
  EXPECT_EQ(limit.pass(kStart), 0U);
}

TEST(FloodLimit, LetsTheFirstEventPassEvenAtTheEpoch) {
  FloodLimit limit;
  EXPECT_EQ(limit.pass(TimePoint{}), 0U);
}

TEST(FloodLimit, SwallowsUntilTheIntervalIsOverAndSaysHowMany) {
  FloodLimit limit(seconds(10));
  ASSERT_TRUE(limit.pass(kStart));
  EXPECT_EQ(limit.pass(kStart), std::nullopt);
  EXPECT_EQ(limit.pass(kStart + seconds(5)), std::nullopt);
  EXPECT_EQ(limit.pass(kStart + seconds(10) - milliseconds(1)), std::nullopt);
  EXPECT_EQ(limit.pass(kStart + seconds(10)), 3U);
}

TEST(FloodLimit, CountsAnewInEachInterval) {
  FloodLimit limit(seconds(1));
  ASSERT_TRUE(limit.pass(kStart));
  EXPECT_FALSE(limit.pass(kStart));
  EXPECT_EQ(limit.pass(kStart + seconds(1)), 1U);
  EXPECT_EQ(limit.pass(kStart + seconds(2)), 0U);
}

TEST(FloodLimit, MeasuresTheIntervalFromTheEventThatPassed) {
  FloodLimit limit(seconds(10));
  ASSERT_TRUE(limit.pass(kStart));
  ASSERT_TRUE(limit.pass(kStart + seconds(25)));
  EXPECT_FALSE(limit.pass(kStart + seconds(34)));
  EXPECT_TRUE(limit.pass(kStart + seconds(35)));
}

TEST(FloodLimit, MayLetSeveralPassInEachInterval) {
  FloodLimit limit(seconds(10), 3);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(limit.pass(kStart + seconds(i)), 0U);
  EXPECT_FALSE(limit.pass(kStart + seconds(3)));
  EXPECT_FALSE(limit.pass(kStart + seconds(9)));
  EXPECT_EQ(limit.pass(kStart + seconds(10)), 2U) << "the first that passes says how many did not";
  EXPECT_EQ(limit.pass(kStart + seconds(10)), 0U);
  EXPECT_EQ(limit.pass(kStart + seconds(10)), 0U);
  EXPECT_FALSE(limit.pass(kStart + seconds(10)));
}

}  // namespace
}  // namespace pacedns
