#include "pacedns/control/json_view.hpp"

#include <gtest/gtest.h>

#include "fixtures.hpp"

namespace pacedns::control {
namespace {

const boost::json::value kValue = test::json(
    R"({"text":"a\u001b","whole":12,"half":0.5,"yes":true,"none":null,"list":[1,"b"],"deep":{"x":3}})");

TEST(JsonView, GivesWhatIsThere) {
  const JsonView view(kValue);
  EXPECT_EQ(view["text"].text(), "a\\027");
  EXPECT_EQ(view["whole"].number(), 12);
  EXPECT_EQ(view["half"].number(), 0.5);
  EXPECT_EQ(view["yes"].boolean(), true);
  EXPECT_TRUE(view["yes"].is_true());
  EXPECT_EQ(view["deep"]["x"].number(), 3);
  ASSERT_EQ(view["list"].items().size(), 2U);
  EXPECT_EQ(view["list"].items()[1].text(), "b");
}

TEST(JsonView, WhatIsOfAnotherTypeIsNotThere) {
  const JsonView view(kValue);
  for (const JsonView none :
       {view["none"], view["absent"], view["text"]["x"], view["absent"]["x"], JsonView()}) {
    EXPECT_FALSE(none.number());
    EXPECT_FALSE(none.text());
    EXPECT_FALSE(none.boolean());
    EXPECT_FALSE(none.is_true());
    EXPECT_TRUE(none.items().empty());
    EXPECT_EQ(none.shown(), "?");
  }
  EXPECT_FALSE(view["whole"].text());
  EXPECT_FALSE(view["whole"].is_true());
  EXPECT_FALSE(view["text"].number());
}

TEST(JsonView, ShowsWhateverItIs) {
  const JsonView view(kValue);
  EXPECT_EQ(view["text"].shown(), "a\\027");
  EXPECT_EQ(view["whole"].shown(), "12");
  EXPECT_EQ(view["half"].shown(), "0.5");
  EXPECT_EQ(view["yes"].shown(), "true");
  EXPECT_EQ(view["list"].shown(), "?");
}

}  // namespace
}  // namespace pacedns::control
