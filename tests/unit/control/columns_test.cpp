#include "pacedns/control/columns.hpp"

#include <gtest/gtest.h>

namespace pacedns::control {
namespace {

TEST(Columns, TextIsFilledUpOrCut) {
  EXPECT_EQ(left("abc", 5), "abc  ");
  EXPECT_EQ(left("abcde", 5), "abcde");
  EXPECT_EQ(left("abcdef", 5), "abc..");
  EXPECT_EQ(left("abc", 1), "a");
}

TEST(Columns, NumbersAreNeverCut) {
  EXPECT_EQ(right("12", 4), "  12");
  EXPECT_EQ(right("12345", 4), "12345");
}

TEST(Columns, WordsAreWrappedAtEighty) {
  const std::string forty(40, 'a');
  EXPECT_EQ(wrapped(std::vector<std::string>{forty, std::string(37, 'b'), "c"}, 2),
            "  " + forty + ' ' + std::string(37, 'b') + "\n  c\n");
  EXPECT_EQ(wrapped(forty + " " + forty, 0), forty + '\n' + forty + '\n');
  EXPECT_EQ(wrapped(" two  words ", 1), " two words\n");
  EXPECT_EQ(wrapped("", 1), "");
}

TEST(Columns, AWordThatIsTooLongHasItsOwnLine) {
  const std::string hundred(100, 'a');
  EXPECT_EQ(wrapped("x " + hundred + " y", 0), "x\n" + hundred + "\ny\n");
}

}  // namespace
}  // namespace pacedns::control
