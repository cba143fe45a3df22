#include "pacedns/base/random.hpp"

#include <cstdint>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace pacedns {
namespace {

TEST(Random, ValuesDifferAcrossManyBlocks) {
  Random random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 10'000; ++i)
    seen.insert(random.next_u64());
  EXPECT_EQ(seen.size(), 10'000U);
}

TEST(Random, TwoGeneratorsDiffer) {
  Random left;
  Random right;
  EXPECT_NE(left.next_u64(), right.next_u64());
}

TEST(Random, MessageIdsUseAllSixteenBits) {
  Random random;
  std::uint16_t any = 0;
  std::uint16_t all = 0xffff;
  std::set<std::uint16_t> seen;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint16_t value = random.next_u16();
    any = static_cast<std::uint16_t>(any | value);
    all = static_cast<std::uint16_t>(all & value);
    seen.insert(value);
  }
  EXPECT_EQ(any, 0xffff);
  EXPECT_EQ(all, 0);
  // 9270 are expected of 10,000 draws from 65,536; the deviation is some 24.
  EXPECT_GT(seen.size(), 9000U);
}

TEST(Random, AValueSharesNoOctetWithTheOneBefore) {
  Random random;
  int shared[2][2] = {};
  std::uint16_t before = random.next_u16();
  for (int i = 0; i < 4000; ++i) {
    const std::uint16_t value = random.next_u16();
    for (const int left : {0, 1}) {
      for (const int right : {0, 1}) {
        if (((before >> (8 * left)) & 0xff) == ((value >> (8 * right)) & 0xff)) ++shared[left][right];
      }
    }
    before = value;
  }
  // 4000 / 256 are expected by chance.
  for (const auto& row : shared) {
    for (const int count : row)
      EXPECT_LT(count, 100);
  }
}

TEST(Random, ReadsOfDifferentSizesMixAtTheEndOfABlock) {
  Random random;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 5'000; ++i) {
    (void)random.next_u16();
    (void)random.below(7);
    seen.insert(random.next_u64());
  }
  EXPECT_EQ(seen.size(), 5'000U);
}

TEST(Random, BelowStaysInRangeAndHitsEveryValueAboutEquallyOften) {
  Random random;
  for (const std::uint32_t bound : {1U, 2U, 3U, 7U, 64U, 100U}) {
    std::vector<int> hits(bound);
    constexpr int kDrawsEach = 1000;
    for (std::uint32_t i = 0; i < bound * kDrawsEach; ++i) {
      const std::uint32_t value = random.below(bound);
      ASSERT_LT(value, bound);
      ++hits[value];
    }
    // Ten standard deviations on either side.
    for (const int count : hits) {
      EXPECT_GT(count, 680) << "bound " << bound;
      EXPECT_LT(count, 1320) << "bound " << bound;
    }
  }
}

TEST(Random, BelowTheLargestBound) {
  Random random;
  std::uint32_t any = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint32_t value = random.below(0xffffffff);
    ASSERT_LT(value, 0xffffffff);
    any |= value;
  }
  EXPECT_EQ(any, 0xffffffff);
}

}  // namespace
}  // namespace pacedns
