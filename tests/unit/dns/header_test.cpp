#include "pacedns/dns/header.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace pacedns::dns {
namespace {

const std::vector<std::uint8_t> kWire{0xab, 0xcd, 0x81, 0x80, 0, 1, 0x02, 3, 0x04, 5, 0x06, 7};

TEST(Header, ReadsEachField) {
  const Header header = Header::read(kWire);
  EXPECT_EQ(header.id, 0xabcd);
  EXPECT_EQ(header.flags, 0x8180);
  EXPECT_EQ(header.question_count, 1);
  EXPECT_EQ(header.answer_count, 0x0203);
  EXPECT_EQ(header.authority_count, 0x0405);
  EXPECT_EQ(header.additional_count, 0x0607);
}

TEST(Header, WritesWhatItReadAndNothingBehind) {
  std::vector<std::uint8_t> wire(kHeaderSize + 1, 0x55);
  Header::read(kWire).write(wire);
  EXPECT_EQ(wire.back(), 0x55);
  wire.pop_back();
  EXPECT_EQ(wire, kWire);
}

struct FlagPlace {
  HeaderFlag flag;
  std::size_t octet;
  std::uint8_t bit;
};

// The figure of RFC 1035 §4.1.1, with AD and CD of RFC 4035.
TEST(Header, EachFlagStandsInItsPlace) {
  const FlagPlace places[] = {{kQr, 2, 0x80}, {kAa, 2, 0x04}, {kTc, 2, 0x02}, {kRd, 2, 0x01},
                              {kRa, 3, 0x80}, {kAd, 3, 0x20}, {kCd, 3, 0x10}};
  for (const FlagPlace& place : places) {
    std::vector<std::uint8_t> wire(kHeaderSize);
    wire[place.octet] = place.bit;
    const Header header = Header::read(wire);
    for (const FlagPlace& other : places)
      EXPECT_EQ(header.has(other.flag), other.flag == place.flag);
  }
}

TEST(Header, OpcodeAndRcodeAreFourBitsEach) {
  std::vector<std::uint8_t> wire(kHeaderSize);
  wire[2] = 0x28;  // UPDATE
  wire[3] = 0x09;  // NOTAUTH
  EXPECT_EQ(Header::read(wire).opcode(), 5);
  EXPECT_EQ(Header::read(wire).low_rcode(), 9);
  wire[2] = wire[3] = 0xff;
  EXPECT_EQ(Header::read(wire).opcode(), 15);
  EXPECT_EQ(Header::read(wire).low_rcode(), 15);
  wire[2] = 0x87;
  wire[3] = 0xf0;
  EXPECT_EQ(Header::read(wire).opcode(), 0);
  EXPECT_EQ(Header::read(wire).low_rcode(), 0);
}

}  // namespace
}  // namespace pacedns::dns
