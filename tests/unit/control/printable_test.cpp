#include "pacedns/control/printable.hpp"

#include <string>

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace pacedns::control {
namespace {

TEST(Printable, OnlyPrintableAsciiStaysAsItIs) {
  EXPECT_EQ(printable("www.example.com. ~!"), "www.example.com. ~!");
  EXPECT_EQ(printable("\x1b[31m\n\x7f"), "\\027[31m\\010\\127");
  EXPECT_EQ(printable("\xc2\x9b"), "\\194\\155");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\000");
}

TEST(Printable, EveryOctetBecomesPrintable) {
  for (int octet = 0; octet < 256; ++octet)
    for (const char sign : printable(std::string(1, static_cast<char>(octet))))
      EXPECT_TRUE(sign >= 0x20 && sign < 0x7f) << octet;
}

TEST(Printable, JsonKeepsItsMeaning) {
  const boost::json::value value{{"name", "\x1b[31m \x7f \xc2\x9b \xe2\x82\xac \xf0\x9f\x98\x80 \"\\"},
                                 {"n", 1}};
  const std::string text = printable_json(boost::json::serialize(value));
  for (const char sign : text)
    EXPECT_TRUE(sign >= 0x20 && sign < 0x7f) << text;
  EXPECT_EQ(boost::json::parse(text), value);
  EXPECT_NE(text.find("\\u009b \\u20ac \\ud83d\\ude00"), std::string::npos) << text;
}

TEST(Printable, WhatIsNoUtf8IsReplaced) {
  EXPECT_EQ(printable_json("a\xff\x62"), "a\\ufffdb");
  EXPECT_EQ(printable_json("\xc2"), "\\ufffd");                                   // cut off
  EXPECT_EQ(printable_json("\xc2x"), "\\ufffdx");                                 // not continued
  EXPECT_EQ(printable_json("\xc0\x80"), "\\ufffd\\ufffd");                        // longer than need be
  EXPECT_EQ(printable_json("\xe0\x80\x80"), "\\ufffd\\ufffd\\ufffd");             // the same
  EXPECT_EQ(printable_json("\xed\xa0\x80"), "\\ufffd\\ufffd\\ufffd");             // a surrogate
  EXPECT_EQ(printable_json("\xf4\x90\x80\x80"), "\\ufffd\\ufffd\\ufffd\\ufffd");  // beyond Unicode
}

}  // namespace
}  // namespace pacedns::control
