#include "pacedns/config/load_context.hpp"

#include <gmock/gmock.h>

namespace pacedns::config {
namespace {

using testing::ElementsAre;

std::vector<std::string> lines(const LoadContext& context) {
  std::vector<std::string> result;
  for (const ConfigError& error : context.sorted_errors())
    result.push_back(to_string(error));
  return result;
}

TEST(LoadContext, SortsErrorsByPlace) {
  LoadContext context({}, "f");
  context.fail({2, 5}, "c", "third");
  context.fail({1, 9}, "a", "first");
  context.fail({2, 1}, "b", "second");
  context.fail({2, 5}, "d", "fourth");
  EXPECT_THAT(lines(context),
              ElementsAre("f:1:9: a: first", "f:2:1: b: second", "f:2:5: c: third", "f:2:5: d: fourth"));
}

TEST(LoadContext, QuotesTheTextAndSaysWhatIsAllowed) {
  LoadContext context({}, "f");
  context.fail({1, 1}, "a", "9", {"is out of range", {}}, "1..8");
  context.fail({2, 1}, "b", "9", {"has no unit", "units are s, m"}, "1s..8m");
  EXPECT_THAT(lines(context), ElementsAre("f:1:1: a: '9' is out of range (1..8)",
                                          "f:2:1: b: '9' has no unit (1s..8m; units are s, m)"));
}

TEST(LoadContext, KnowsWhatWasWritten) {
  LoadContext context({}, "f");
  context.note("a", {1, 2});
  context.note("a", {1, 5});
  EXPECT_THAT(context.written("a"), ElementsAre(Position{1, 2}, Position{1, 5}));
  EXPECT_TRUE(context.written("b").empty());
}

TEST(LoadContext, AFailureBelowAPathIsAFailureOfThePath) {
  LoadContext context({}, "f");
  context.fail({1, 1}, "a.b.c", "wrong");
  EXPECT_FALSE(context.sound("a"));
  EXPECT_FALSE(context.sound("a.b"));
  EXPECT_FALSE(context.sound("a.b.c"));
  EXPECT_TRUE(context.sound("a.b.c.d"));
  EXPECT_TRUE(context.sound("a.bb"));
  EXPECT_TRUE(context.sound("a.b.cc"));
}

TEST(LoadContext, ReportsTheWrongKindOfValue) {
  const Value root = parse_document("{ a: [x], b: x, c: { d: x }, e: , f: [] }").value();
  const Value::Map& map = *root.map();
  LoadContext context({}, "f");
  EXPECT_EQ(context.expect_text("a", map[0].value, "w"), nullptr);
  EXPECT_EQ(context.expect_list("b", map[1].value, "w"), nullptr);
  EXPECT_EQ(context.expect_text("c", map[2].value, "w"), nullptr);
  EXPECT_EQ(context.expect_text("e", map[3].value, "w"), nullptr);
  EXPECT_EQ(context.expect_list("f", map[4].value, "w"), nullptr);
  EXPECT_THAT(lines(context), ElementsAre("f:1:6: a: is a list, not a single value (w)",
                                          "f:1:14: b: is a single value, not a list (w)",
                                          "f:1:20: c: is a map, not a single value (w)",
                                          "f:1:30: e: has no value (w)", "f:1:38: f: is an empty list (w)"));
}

TEST(LoadContext, TakesEachKnownMemberOnce) {
  const Value root = parse_document("size: 1\nsiez: 2\nbanana: 3\nsize: 4\nname: 5\n").value();
  LoadContext context({}, "f");
  std::vector<std::string> taken;
  context.for_each_member(
      *root.map(), "cache", {"size", "name"},
      [&](const Member& member, const auto& path) { taken.push_back(path + "=" + *member.value.text()); });
  EXPECT_THAT(taken, ElementsAre("cache.size=1", "cache.name=5"));
  EXPECT_THAT(lines(context), ElementsAre("f:2:1: cache.siez: unknown key (did you mean size?)",
                                          "f:3:1: cache.banana: unknown key (allowed here: size, name)",
                                          "f:4:1: cache.size: given twice (once; it is on line 1)"));
}

}  // namespace
}  // namespace pacedns::config
