#include "pacedns/control/flight_chart.hpp"

#include <gmock/gmock.h>

#include "fixtures.hpp"

namespace pacedns::control {
namespace {

using test::json;
using testing::HasSubstr;

std::string chart(const std::string& text) {
  const auto flight = json(text);
  return flight_chart(JsonView(flight));
}

TEST(FlightChart, BarsOverTime) {
  EXPECT_EQ(chart(std::string(test::kFlight)), 1 + R"(
                    0         100       200       300       400               ms
  fast50     tier 1 |====W 50
  fast80     tier 1 |=======* 80
  mid120     tier 2      |===========* 170
  slow160    tier 2      |===============x 210
  slow200    tier 2           |===================x 300
         client answered ^
                                    all collected ^
)");
}

TEST(FlightChart, FitsWhateverItTook) {
  for (double end = 0.01; end < 20000; end *= 1.3) {
    const std::string ms = std::to_string(end);
    const std::string text = chart(R"({"answered_ms":)" + ms + R"(,"finished_ms":)" + ms + R"(,"attempts":[
              {"upstream":"a-name-that-is-too-long","tier":"active","launched_ms":0,"ended_ms":)" +
                                   ms + R"(,"winner":true},
              {"upstream":"b","tier":"probe","launched_ms":)" +
                                   ms + R"(,"ended_ms":null,"outcome":"pending"}]})");
    EXPECT_LE(test::widest(text), 80U) << text;
    EXPECT_EQ(test::lines_of(text).size(), 5U) << text;
    EXPECT_THAT(text, HasSubstr("W ")) << text;
    EXPECT_THAT(text, HasSubstr(">\n")) << text;
  }
}

TEST(FlightChart, TheAxisIsAsFineAsItCanBe) {
  EXPECT_THAT(chart(R"({"attempts":[{"launched_ms":0,"ended_ms":4.9}]})"),
              HasSubstr(" 0.0       1.0       2.0 "));
  EXPECT_THAT(chart(R"({"attempts":[{"launched_ms":0,"ended_ms":5.1}]})"),
              HasSubstr(" 0         2         4 "));
  EXPECT_THAT(chart(R"({"attempts":[{"launched_ms":0,"ended_ms":2900}]})"),
              HasSubstr(" 0         1000      2000 "));
}

TEST(FlightChart, NothingWithoutTimesOrWithTooMany) {
  EXPECT_EQ(chart("{}"), "");
  EXPECT_EQ(chart(R"({"attempts":[{"upstream":"a"}]})"), "");
  EXPECT_EQ(chart(R"({"attempts":[{"launched_ms":1e300,"ended_ms":-1}]})"), "");
  std::string many;
  for (int i = 0; i < 17; ++i)
    many += std::string(i == 0 ? "" : ",") + R"({"launched_ms":0,"ended_ms":5})";
  EXPECT_EQ(chart(R"({"attempts":[)" + many + "]}"), "");
}

TEST(FlightChart, OneThatWasNeverSentHasNoBar) {
  const std::string text = chart(R"({"attempts":[{"upstream":"a","launched_ms":0,"ended_ms":5},
      {"upstream":"b","tier":"active","launched_ms":0,"ended_ms":0,"outcome":"not_sent"}]})");
  EXPECT_EQ(test::lines_of(text).at(2).find('|'), std::string::npos) << text;
}

}  // namespace
}  // namespace pacedns::control
