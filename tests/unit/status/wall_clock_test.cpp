#include "pacedns/status/wall_clock.hpp"

#include <gtest/gtest.h>

namespace pacedns::status {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{2h};
constexpr std::chrono::system_clock::time_point kWall{1'790'000'000s};

TEST(WallClock, TellsWhatTimeItWasOutside) {
  const WallClock clock(kNow, kWall);
  EXPECT_EQ(clock.now(), kNow);
  EXPECT_DOUBLE_EQ(clock.seconds_at(kNow), 1'790'000'000);
  EXPECT_DOUBLE_EQ(clock.seconds_at(kNow - 90s), 1'789'999'910);
  EXPECT_DOUBLE_EQ(clock.seconds_at(kNow - 500ms), 1'789'999'999.5);
}

TEST(WallClock, WhatBeganAfterItWasReadIsLater) {
  EXPECT_DOUBLE_EQ(WallClock(kNow, kWall).seconds_at(kNow + 1500ms), 1'790'000'001.5);
}

}  // namespace
}  // namespace pacedns::status
