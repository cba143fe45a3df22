#include "pacedns/net/descriptor_limit.hpp"

#include <gtest/gtest.h>

#include "support/descriptor_limit_guard.hpp"

namespace pacedns::net {
namespace {

TEST(DescriptorLimit, IsThatOfNow) {
  const std::size_t before = descriptor_limit();
  {
    const test::DescriptorLimitGuard guard(100);
    EXPECT_EQ(descriptor_limit(), 100U);
  }
  EXPECT_EQ(descriptor_limit(), before);
}

}  // namespace
}  // namespace pacedns::net
