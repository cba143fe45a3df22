#include "pacedns/status/json_text.hpp"

#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

namespace pacedns::status {
namespace {

/// A string that has gone through our text and a parser, which takes nothing but UTF-8.
std::string through(const std::string& text) {
  const auto parsed = boost::json::parse(json_text({{"text", text}}));
  const auto& string = parsed.at("text").as_string();
  return {string.begin(), string.end()};
}

TEST(JsonText, IsOneLine) {
  EXPECT_EQ(json_text({{"a", 1}, {"b", nullptr}, {"c", "x\ny"}}), R"({"a":1,"b":null,"c":"x\ny"})");
}

TEST(JsonText, LeavesUtf8AsItIs) {
  for (const char* text :
       {"plain", "\x7f",
        "b\xc3\xbc"
        "cher",
        "\xe0\xa0\x80", "\xed\x9f\xbf", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(through(text), text);
  }
}

TEST(JsonText, PutsAReplacementForEachOctetThatIsNoUtf8) {
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(through("a\xff"
                    "b"),
            "a" + mark + "b");
  EXPECT_EQ(through("\x80"), mark) << "a continuation of nothing";
  EXPECT_EQ(through("\xc3"), mark) << "cut off";
  EXPECT_EQ(through("\xe2\x82"
                    "x"),
            mark + mark + "x")
      << "cut off";
  EXPECT_EQ(through("\xc0\xaf"), mark + mark) << "longer than need be";
  EXPECT_EQ(through("\xe0\x9f\xbf"), mark + mark + mark) << "longer than need be";
  EXPECT_EQ(through("\xed\xa0\x80"), mark + mark + mark) << "a surrogate";
  EXPECT_EQ(through("\xf4\x90\x80\x80"), mark + mark + mark + mark) << "beyond U+10FFFF";
}

TEST(JsonText, AnyTwoOctetsCanBeRead) {
  for (unsigned first = 0; first < 256; ++first)
    for (unsigned second = 0; second < 256; ++second)
      ASSERT_NO_THROW(through({static_cast<char>(first), static_cast<char>(second)}))
          << first << ' ' << second;
}

TEST(JsonText, KeysAreReplacedInToo) {
  EXPECT_EQ(json_text({{"\xff", 1}}), "{\"\xef\xbf\xbd\":1}");
}

}  // namespace
}  // namespace pacedns::status
