#include "pacedns/base/bytes.hpp"

#include <array>
#include <vector>

#include <gtest/gtest.h>

namespace pacedns {
namespace {

TEST(CopyOctets, CopiesAllAndNoMore) {
  const std::vector<std::uint8_t> from{1, 2, 3};
  std::array<std::uint8_t, 5> to{9, 9, 9, 9, 9};
  copy_octets(from, to.data() + 1);
  EXPECT_EQ(to, (std::array<std::uint8_t, 5>{9, 1, 2, 3, 9}));
}

TEST(CopyOctets, NothingMayBeNowhere) {
  std::uint8_t to = 9;
  copy_octets({}, &to);
  copy_octets({}, nullptr);
  EXPECT_EQ(to, 9);
}

}  // namespace
}  // namespace pacedns
