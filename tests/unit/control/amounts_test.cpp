#include "pacedns/control/amounts.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace pacedns::control {
namespace {

TEST(Amounts, WhatIsNotThereIsAQuestionMark) {
  for (const auto& text : {decimal_text({}, 1), count_text({}), size_text({}), ratio_text({}), ms_text({}),
                           duration_text({}), decimal_text(std::numeric_limits<double>::infinity(), 1)})
    EXPECT_EQ(text, "?");
  EXPECT_EQ(counted({}, "flight", "flights"), "? flights");
}

TEST(Amounts, Counts) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999999), "999999");
  EXPECT_EQ(count_text(1234567), "1.2 M");
  EXPECT_EQ(count_text(12345678901), "12.3 G");
  EXPECT_EQ(counted(1, "flight", "flights"), "1 flight");
  EXPECT_EQ(counted(0, "flight", "flights"), "0 flights");
}

TEST(Amounts, Sizes) {
  EXPECT_EQ(size_text(4), "4 B");
  EXPECT_EQ(size_text(1536), "1.5 KiB");
  EXPECT_EQ(size_text(67108864), "64 MiB");
  EXPECT_EQ(size_text(1024.0 * 1024 * 1024 * 1024 * 5000), "5000 TiB");
}

TEST(Amounts, RatiosAndTimes) {
  EXPECT_EQ(ratio_text(0.25), "25.0 %");
  EXPECT_EQ(ms_text(0), "0.0 ms");
  EXPECT_EQ(ms_text(0.314), "0.31 ms");
  EXPECT_EQ(ms_text(50.26), "50.3 ms");
  EXPECT_EQ(ms_text(1204), "1.20 s");
}

TEST(Amounts, DurationsHaveTwoUnits) {
  EXPECT_EQ(duration_text(0), "0 s");
  EXPECT_EQ(duration_text(12.9), "12 s");
  EXPECT_EQ(duration_text(60), "1 min");
  EXPECT_EQ(duration_text(288), "4 min 48 s");
  EXPECT_EQ(duration_text(7384), "2 h 3 min");
  EXPECT_EQ(duration_text(7200 + 59), "2 h");
  EXPECT_EQ(duration_text(86400 * 5 + 3600), "5 d 1 h");
  EXPECT_EQ(duration_text(-3), "0 s");
}

}  // namespace
}  // namespace pacedns::control
