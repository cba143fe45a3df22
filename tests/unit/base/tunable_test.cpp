#include "pacedns/base/tunable.hpp"

#include <chrono>

#include <gtest/gtest.h>

namespace pacedns {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Tunable, AllowsItsLimitsAndWhatLiesBetween) {
  constexpr Tunable<int> kTunable{2, 1, 16};
  EXPECT_FALSE(kTunable.allows(0));
  EXPECT_TRUE(kTunable.allows(1));
  EXPECT_TRUE(kTunable.allows(kTunable.default_value));
  EXPECT_TRUE(kTunable.allows(16));
  EXPECT_FALSE(kTunable.allows(17));
}

TEST(Tunable, ComparesDurationsOfDifferentUnits) {
  constexpr Tunable<milliseconds> kTunable{milliseconds(300), milliseconds(10), seconds(5)};
  EXPECT_TRUE(kTunable.allows(seconds(5)));
  EXPECT_FALSE(kTunable.allows(milliseconds(5001)));
  EXPECT_FALSE(kTunable.allows(milliseconds(-10)));
}

}  // namespace
}  // namespace pacedns
