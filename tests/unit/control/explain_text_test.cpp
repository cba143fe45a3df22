#include "pacedns/control/explain_text.hpp"

#include <gmock/gmock.h>

#include "fixtures.hpp"

namespace pacedns::control {
namespace {

using test::explanation;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(ExplainText, TheCacheThenTheFlights) {
  const std::string text = explain_text(explanation(test::kEntry, test::kFlight), 1012.5);
  EXPECT_THAT(text, StartsWith("www.example.com. A\n\ncached: NOERROR, for 12 s;"));
  EXPECT_THAT(text, HasSubstr("\n\nflight 17, 12 s ago, "));
  EXPECT_LE(test::widest(text), 80U) << text;
  EXPECT_TRUE(test::is_plain(text)) << text;
}

TEST(ExplainText, AQuestionThatIsNotKnown) {
  EXPECT_EQ(explain_text(explanation("", ""), 0), 1 + R"(
Nothing is known of www.example.com. A: it is not in the cache, and of the 100
flights that are remembered none was for it. Ask pacedns for it, then try again.
)");
}

TEST(ExplainText, FlightsThatAreNotRemembered) {
  const std::string text = explain_text(explanation(test::kEntry, ""), 0);
  EXPECT_THAT(text, HasSubstr("192.0.2.2\n\nNone of the 100 flights that are remembered was for it"));
}

TEST(ExplainText, WhatIsNotInTheCache) {
  const std::string text = explain_text(explanation("", test::kFlight), 1012.5);
  EXPECT_THAT(text, AllOf(HasSubstr("\n\nnot in the cache\n\nflight 17"), Not(HasSubstr("cached:"))));
}

TEST(ExplainText, SurvivesWhatItDoesNotKnow) {
  const auto all = test::damaged(explanation(test::kEntry, test::kFlight));
  ASSERT_GT(all.size(), 500U);
  for (const auto& value : all) {
    const std::string text = explain_text(value, 1012.5);
    EXPECT_TRUE(test::is_plain(text)) << text;
    EXPECT_FALSE(text.empty());
  }
}

}  // namespace
}  // namespace pacedns::control
