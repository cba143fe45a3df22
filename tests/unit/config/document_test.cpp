#include "pacedns/config/document.hpp"

#include <string>

#include <gtest/gtest.h>

namespace pacedns::config {
namespace {

Position at(int line, int column) {
  return {line, column};
}

std::string repeated(const char* text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i)
    result += text;
  return result;
}

TEST(Document, KnowsWhereEverythingStands) {
  const auto root = parse_document("a: 1\nb:\n  - x\n  - { c: y }\n");
  ASSERT_TRUE(root);
  const Value::Map& map = *root.value().map();
  ASSERT_EQ(map.size(), 2U);
  EXPECT_EQ(map[0].key, "a");
  EXPECT_EQ(map[0].position, at(1, 1));
  EXPECT_EQ(*map[0].value.text(), "1");
  EXPECT_EQ(map[0].value.position, at(1, 4));
  const Value::List& list = *map[1].value.list();
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].position, at(3, 5));
  EXPECT_EQ(list[1].map()->front().position, at(4, 7));
  EXPECT_EQ(list[1].map()->front().value.position, at(4, 10));
}

TEST(Document, IsNullWhenThereIsNothing) {
  for (const char* text : {"", "\n\n", "# nothing\n", "---\n", "~", "null"}) {
    const auto root = parse_document(text);
    ASSERT_TRUE(root) << text;
    EXPECT_TRUE(root.value().is_null()) << text;
  }
}

TEST(Document, PlacesAnAbsentValueAtItsKey) {
  const auto root = parse_document("a:\n\n\nb: 1\n");
  ASSERT_TRUE(root);
  EXPECT_TRUE(root.value().map()->front().value.is_null());
  EXPECT_EQ(root.value().map()->front().value.position, at(1, 1));
}

TEST(Document, KeepsDoubleKeysForTheReaderToReport) {
  EXPECT_EQ(parse_document("{ a: 1, a: 2 }").value().map()->size(), 2U);
}

TEST(Document, ResolvesAliasesAndPlacesThemWhereTheyAreUsed) {
  const auto root = parse_document("a: &x 1\nb: *x\n");
  ASSERT_TRUE(root);
  const Value& alias = root.value().map()->back().value;
  EXPECT_EQ(*alias.text(), "1");
  EXPECT_EQ(alias.position, at(2, 4));
}

TEST(Document, SharesAliasesInsteadOfMultiplyingThem) {
  // 9 levels of 10 aliases each are a thousand million values.
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    const std::string name = "a" + std::to_string(i);
    text += name + ": &" + name + " [" + alias + repeated((", " + alias).c_str(), 9) + "]\n";
  }
  EXPECT_TRUE(parse_document(text));
}

struct BadRow {
  const char* text;
  Position position;
  const char* message;
};

TEST(Document, PlacesWhatIsNotYaml) {
  const BadRow rows[] = {
      {"a: [1, 2\nb: 3\n",
       {2, 2},
       "end of sequence flow not found (one YAML document; addresses with brackets need quotes)"},
      {"a: 1\n\tb: 2\n",
       {2, 1},
       "illegal tab when looking for indentation (one YAML document; addresses with brackets need quotes)"},
      {"a: *nobody\n",
       {1, 4},
       "the referenced anchor is not defined (one YAML document; addresses with brackets need quotes)"},
      {"%YAML \xb9.2\n---\na: 1\n",
       {1, 1},
       "bad YAML version: \\xb9.2 (one YAML document; addresses with brackets need quotes)"},
      {"a: 1\nb: \"\\x",
       {2, 7},
       "bad character found while scanning hex number (one YAML document; addresses with brackets need "
       "quotes)"},
      {"a: &x [*x]\n",
       {1, 8},
       "an alias within its own anchor (one YAML document; addresses with brackets need quotes)"},
      {"[a]: 1\n", {1, 1}, "a key must be a word (one YAML document; addresses with brackets need quotes)"},
      {"~: 1\n", {1, 1}, "a key must be a word (one YAML document; addresses with brackets need quotes)"},
      {"a: 1\n---\nb: 2\n",
       {2, 1},
       "a second document starts here (one YAML document; addresses with brackets need quotes)"},
      {"a: 1\nb: \x04 2\n", {2, 4}, "a control character (YAML is plain text in UTF-8)"},
  };
  for (const BadRow& row : rows) {
    const auto root = parse_document(row.text);
    ASSERT_FALSE(root) << row.text;
    EXPECT_EQ(root.error().message, row.message) << row.text;
    EXPECT_EQ(root.error().position, row.position)
        << row.text << root.error().position.line << ":" << root.error().position.column;
  }
}

TEST(Document, RefusesNulBytes) {
  const auto root = parse_document(std::string_view("a: 1\0b", 6));
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().position, at(1, 5));
}

TEST(Document, RefusesAbsurdNesting) {
  for (const char* step : {"[", "{", "{ a: ", "- ", "? ", ": ", "[ ? "}) {
    const auto root = parse_document(repeated(step, 100000));
    ASSERT_FALSE(root) << step;
  }
  EXPECT_EQ(parse_document(repeated("[", 100)).error().message,
            "nested too deeply (one YAML document; addresses with brackets need quotes)");
  EXPECT_TRUE(parse_document(repeated("[", 32) + repeated("]", 32)));
  EXPECT_FALSE(parse_document(repeated("[", 33) + repeated("]", 33)));
}

TEST(Document, RefusesNestingThroughAliases) {
  std::string text = "a0: &a0 [x]\n";
  for (int i = 1; i < 20000; ++i) {
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + std::to_string(i - 1) + "]\n";
  }
  const auto root = parse_document(text);
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().message,
            "nested too deeply (one YAML document; addresses with brackets need quotes)");
}

}  // namespace
}  // namespace pacedns::config
