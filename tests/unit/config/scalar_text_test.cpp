#include "pacedns/config/scalar_text.hpp"

#include <gtest/gtest.h>

namespace pacedns::config {
namespace {

using std::chrono::seconds;

TEST(ScalarText, IntegersAreDigitsAndNothingElse) {
  EXPECT_EQ(IntegerText::parse<unsigned>("0").value(), 0U);
  EXPECT_EQ(IntegerText::parse<unsigned>("4294967295").value(), 4294967295U);
  EXPECT_EQ(IntegerText::parse<std::size_t>("18446744073709551615").value(), 18446744073709551615U);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x10", "1e3", "1_000", "one"}) {
    const auto parsed = IntegerText::parse<unsigned>(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().what, "is not a whole number") << text;
  }
  EXPECT_EQ(IntegerText::parse<unsigned>("4294967296").error().what, "is out of range");
  EXPECT_EQ(IntegerText::parse<unsigned>("4294967296x").error().what, "is not a whole number");
}

TEST(ScalarText, DurationsAreNeverRounded) {
  EXPECT_EQ(DurationText::parse<seconds>("1.5m").value(), seconds(90));
  EXPECT_EQ(DurationText::parse<Duration>("1.5s").value(), std::chrono::milliseconds(1500));
  EXPECT_EQ(DurationText::parse<seconds>("1.5s").error().what, "is not a whole number of seconds");
  EXPECT_EQ(DurationText::parse<seconds>("1ns").error().what, "is not a whole number of seconds");
  EXPECT_EQ(DurationText::parse<seconds>("1").error().what, "has no unit");
}

TEST(ScalarText, FormatsAsItReads) {
  EXPECT_EQ(IntegerText::format(7), "7");
  EXPECT_EQ(SizeText::format(SizeText::parse<std::size_t>("64MiB").value()), "64MiB");
  EXPECT_EQ(DurationText::format(seconds(90)), "90s");
}

}  // namespace
}  // namespace pacedns::config
