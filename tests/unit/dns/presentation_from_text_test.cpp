#include <string>

#include <gtest/gtest.h>

#include "pacedns/dns/presentation.hpp"

#include "support/message_builder.hpp"

// What an operator types: names and types.

namespace pacedns::dns {
namespace {

using namespace std::string_literals;
using test::join;
using test::label;
using test::name;
using test::Octets;
using test::octets;

Octets root_after(const Octets& labels) {
  return join({labels, {0}});
}

TEST(NameFromText, ReadsNamesWithAndWithoutTheFinalDot) {
  EXPECT_EQ(name_from_text("www.example."), name("www.example."));
  EXPECT_EQ(name_from_text("www.example"), name("www.example."));
  EXPECT_EQ(name_from_text("example"), name("example."));
  EXPECT_EQ(name_from_text("."), Octets{0});
}

TEST(NameFromText, WritesLowerCase) {
  EXPECT_EQ(name_from_text("WWW.eXample.ORG"), name("www.example.org."));
  EXPECT_EQ(name_from_text("\\065\\090.x"), root_after(join({label(octets("az")), label(octets("x"))})))
      << "escaped letters too";
}

TEST(NameFromText, ReadsEscapes) {
  EXPECT_EQ(name_from_text("a\\.b.c"), root_after(join({label(octets("a.b")), label(octets("c"))})));
  EXPECT_EQ(name_from_text("a\\\\b"), root_after(label(octets("a\\b"))));
  EXPECT_EQ(name_from_text("\\000\\010\\255."), root_after(label({0, 10, 255})));
  EXPECT_EQ(name_from_text("a\\032b"), root_after(label(octets("a b"))));
}

TEST(NameFromText, ReadsBackWhateverIsWritten) {
  for (unsigned octet = 0; octet < 256; ++octet) {
    if (octet >= 'A' && octet <= 'Z') continue;
    const Octets wire = root_after(label({static_cast<std::uint8_t>(octet), 'x'}));
    EXPECT_EQ(name_from_text(name_to_text(wire)), wire) << octet;
  }
}

TEST(NameFromText, ReadsTheLongestLabelAndTheLongestName) {
  const std::string longest(63, 'a');
  EXPECT_EQ(name_from_text(longest + ".b"), root_after(join({label(octets(longest)), label({'b'})})));
  EXPECT_EQ(name_from_text(longest + "a.b"), std::nullopt);
  const std::string three = longest + '.' + longest + '.' + longest + '.';
  for (const std::string end : {"", "."}) {
    const auto whole = name_from_text(three + std::string(61, 'a') + end);
    ASSERT_TRUE(whole.has_value());
    EXPECT_EQ(whole->size(), 255U);
    EXPECT_EQ(name_from_text(three + std::string(62, 'a') + end), std::nullopt);
  }
  EXPECT_EQ(name_from_text(std::string(100'000, 'a')), std::nullopt);
  std::string many;
  for (int i = 0; i < 10'000; ++i)
    many += "a.";
  EXPECT_EQ(name_from_text(many), std::nullopt);
}

TEST(NameFromText, RefusesWhatIsNoName) {
  for (const std::string& text : {""s, ".."s, ".a"s, "a..b"s, "a.."s, "\\"s, "a\\"s, "\\256"s, "\\12"s, "\0"s,
                                  "a\0b"s, "www.example.\0"s, "\0www.example."s}) {
    EXPECT_EQ(name_from_text(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(TypeFromText, ReadsMnemonicsInAnyCase) {
  EXPECT_EQ(type_from_text("A"), 1);
  EXPECT_EQ(type_from_text("aaaa"), 28);
  EXPECT_EQ(type_from_text("Https"), 65);
  EXPECT_EQ(type_from_text("any"), 255);
  EXPECT_EQ(type_from_text("TXT"), 16);
}

TEST(TypeFromText, ReadsNumbers) {
  EXPECT_EQ(type_from_text("TYPE65280"), 65280);
  EXPECT_EQ(type_from_text("type1"), 1);
  EXPECT_EQ(type_from_text("TYPE65535"), 65535);
}

TEST(TypeFromText, RefusesWhatIsNoType) {
  for (const std::string& text : {""s, "NOSUCHTYPE"s, "1"s, "TYPE"s, "TYPE0"s, "TYPE65536"s, "TYPE65537"s,
                                  "TYPE-1"s, "TYPE+1"s, "TYPE 1"s, "TYPE1x"s, "TYPEA"s,
                                  "TYPE99999999999999999999"s, "A "s, " A"s, "\0"s, "A\0"s, "TYPE1\0"s}) {
    EXPECT_EQ(type_from_text(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(TypeFromText, ReadsBackEveryTypeThatIsWritten) {
  for (unsigned type = 1; type <= 0xffff; ++type) {
    const auto code = static_cast<std::uint16_t>(type);
    ASSERT_EQ(type_from_text(type_to_text(code)), code);
  }
}

}  // namespace
}  // namespace pacedns::dns
