#include "pacedns/control/indicator_table.hpp"

#include <gtest/gtest.h>

#include "fixtures.hpp"

namespace pacedns::control {
namespace {

using test::json;

TEST(IndicatorTable, EachBesideItsTarget) {
  const auto status = json(test::kStatus);
  EXPECT_EQ(indicator_table(JsonView(status)["indicators"]), 1 + R"(
indicators of the last 5 min                      value  target
  misses answered by the active tier             97.0 %  above 80.0 %    met
  misses that needed the second tier             25.0 %  below 20.0 %    not met
  background replies before the deadline              -  above 50.0 %    no data
  launched at once, of all upstreams             40.0 %  below 50.0 %    met
  client latency of misses, p99                 80.0 ms  below 100.0 ms  met
)");
}

TEST(IndicatorTable, OneThatIsNotKnownHasTheDaemonsTitle) {
  const auto value = json(R"({"over_s":1,"list":[
      {"id":"new","title":"Something that a later version measures, at length","value":1.25,"unit":"apples","target":"below",
       "limit":3,"met":true}]})");
  EXPECT_EQ(test::lines_of(indicator_table(JsonView(value))).back(),
            "  Something that a later version measures, a..      1.2  below 3.0       met");
}

}  // namespace
}  // namespace pacedns::control
