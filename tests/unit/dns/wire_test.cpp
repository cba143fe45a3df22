#include "pacedns/dns/wire.hpp"

#include <array>
#include <cstdint>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pacedns::dns {
namespace {

using testing::ElementsAre;

TEST(Wire, LoadsNetworkByteOrder) {
  const std::array<std::uint8_t, 5> wire{0x01, 0x82, 0x03, 0x84, 0xff};
  EXPECT_EQ(load_u16(wire, 0), 0x0182);
  EXPECT_EQ(load_u16(wire, 1), 0x8203);
  EXPECT_EQ(load_u32(wire, 0), 0x01820384U);
  EXPECT_EQ(load_u32(wire, 1), 0x820384ffU);
}

TEST(Wire, StoresNetworkByteOrderAndNothingBeside) {
  std::array<std::uint8_t, 6> wire{9, 9, 9, 9, 9, 9};
  store_u16(wire, 1, 0xfe01);
  EXPECT_THAT(wire, ElementsAre(9, 0xfe, 0x01, 9, 9, 9));
  store_u32(wire, 1, 0x80020304);
  EXPECT_THAT(wire, ElementsAre(9, 0x80, 0x02, 0x03, 0x04, 9));
}

TEST(Wire, LoadsWhatItStored) {
  std::array<std::uint8_t, 4> wire{};
  for (const std::uint32_t value :
       {0U, 1U, 0xffU, 0x100U, 0xffffU, 0x10000U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    store_u32(wire, 0, value);
    EXPECT_EQ(load_u32(wire, 0), value);
  }
}

}  // namespace
}  // namespace pacedns::dns
