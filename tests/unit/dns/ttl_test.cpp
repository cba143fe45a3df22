#include "pacedns/dns/ttl.hpp"

#include <gtest/gtest.h>

namespace pacedns::dns {
namespace {

TEST(Ttl, WithTheTopBitSetCountsAsZero) {
  EXPECT_EQ(effective_ttl(0), 0U);
  EXPECT_EQ(effective_ttl(1), 1U);
  EXPECT_EQ(effective_ttl(0x7fffffff), 0x7fffffffU);
  EXPECT_EQ(effective_ttl(0x80000000), 0U);
  EXPECT_EQ(effective_ttl(0xffffffff), 0U);
}

TEST(Ttl, AgesToZeroAndNotBelow) {
  EXPECT_EQ(aged_ttl(300, 0), 300U);
  EXPECT_EQ(aged_ttl(300, 1), 299U);
  EXPECT_EQ(aged_ttl(300, 299), 1U);
  EXPECT_EQ(aged_ttl(300, 300), 0U);
  EXPECT_EQ(aged_ttl(300, 301), 0U);
  EXPECT_EQ(aged_ttl(300, 0xffffffff), 0U);
  EXPECT_EQ(aged_ttl(0, 0), 0U);
  EXPECT_EQ(aged_ttl(0, 1), 0U);
  EXPECT_EQ(aged_ttl(0x7fffffff, 1), 0x7ffffffeU);
}

// 0x80000000 less one second is 68 years.
TEST(Ttl, WithTheTopBitSetDoesNotAgeIntoALongOne) {
  EXPECT_EQ(aged_ttl(0x80000000, 0), 0U);
  EXPECT_EQ(aged_ttl(0x80000000, 1), 0U);
  EXPECT_EQ(aged_ttl(0xffffffff, 0x80000000), 0U);
}

}  // namespace
}  // namespace pacedns::dns
