#include "pacedns/dns/letter_case.hpp"

#include <gtest/gtest.h>

#include "pacedns/dns/presentation.hpp"

#include "support/message_builder.hpp"

namespace pacedns::dns {
namespace {

std::string spelled(const char* name, LetterCase letter_case) {
  test::Octets wire = test::name(name);
  spell(wire, letter_case);
  EXPECT_TRUE(is_spelled(wire, test::name(name), letter_case));
  return name_to_text(wire);
}

TEST(LetterCase, HasOneBitALetter) {
  EXPECT_EQ(spelled("abc-1d.example.", 0), "abc-1d.example.");
  EXPECT_EQ(spelled("abc-1d.example.", 0b101), "AbC-1d.example.");
  EXPECT_EQ(spelled("abc-1d.example.", 0b11001), "Abc-1D.Example.");
  EXPECT_EQ(spelled("abc-1d.example.", ~LetterCase{0}), "ABC-1D.EXAMPLE.");
  EXPECT_EQ(spelled(".", ~LetterCase{0}), ".");
}

TEST(LetterCase, BeginsAnewAfter64Letters) {
  const std::string label(50, 'a');
  const std::string name = label + "." + label + ".";
  EXPECT_EQ(spelled(name.c_str(), 1),
            "A" + label.substr(1) + "." + label.substr(0, 14) + "A" + label.substr(15) + ".");
}

TEST(LetterCase, LeavesWhatIsNoLetterAlone) {
  test::Octets wire = test::join({test::label({0x40, 0x5b, 0x60, 0x7b, 0xe1, 0xff}), {0}});
  const test::Octets before = wire;
  spell(wire, ~LetterCase{0});
  EXPECT_EQ(wire, before);
}

TEST(LetterCase, AnyOtherSpellingIsAnotherOne) {
  const test::Octets lowered = test::name("www.example.");
  for (unsigned letter = 0; letter < 10; ++letter) {
    test::Octets wire = lowered;
    spell(wire, LetterCase{1} << letter);
    for (unsigned other = 0; other < 10; ++other)
      EXPECT_EQ(is_spelled(wire, lowered, LetterCase{1} << other), letter == other);
  }
  EXPECT_FALSE(is_spelled(test::name("www.example.org."), lowered, 0));
}

}  // namespace
}  // namespace pacedns::dns
