#include "pacedns/control/upstream_table.hpp"

#include <gtest/gtest.h>

#include "fixtures.hpp"

namespace pacedns::control {
namespace {

using test::json;

TEST(UpstreamTable, ALineEach) {
  const auto status = json(test::kStatus);
  EXPECT_EQ(upstream_table(JsonView(status)["upstreams"]), 1 + R"(
  upstream           state         RTT    wins   active   second  probe   failed
  fast50             up        50.2 ms  120000   130000        1      0        3
  fast80             up        80.4 ms    9000   129000        2      0        0
  mid120             suspect  120.0 ms      12      100        3      0        4
  slow160            up         1.60 s       0        0        4      0        0
  dark.of-a-very-l.. down            -       0        0        0     17      120
)");
}

TEST(UpstreamTable, WithoutUpstreamsThereAreOnlyTheHeadings) {
  EXPECT_EQ(test::lines_of(upstream_table(JsonView())).size(), 1U);
}

}  // namespace
}  // namespace pacedns::control
