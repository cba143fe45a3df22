#include "pacedns/control/status_text.hpp"

#include <gmock/gmock.h>

#include "fixtures.hpp"

namespace pacedns::control {
namespace {

using test::json;
using testing::HasSubstr;
using testing::StartsWith;

TEST(StatusText, IsAScreenful) {
  const std::string text = status_text(json(test::kStatus));
  EXPECT_LE(test::lines_of(text).size(), 24U) << text;
  EXPECT_LE(test::widest(text), 80U) << text;
  EXPECT_TRUE(test::is_plain(text)) << text;
  for (const std::string& line : test::lines_of(text))
    EXPECT_FALSE(!line.empty() && line.back() == ' ') << '"' << line << '"';
}

TEST(StatusText, TellsWhatRuns) {
  EXPECT_THAT(status_text(json(test::kStatus)), StartsWith(R"(pacedns 0.1.0, up 2 h 3 min, pid 4711, 2 workers
config     /etc/pacedns/pacedns.yaml
last 10 s  1212.5 queries/s, hits 91.2 %; misses p50 50.1 ms, p99 180.0 ms
queries    1.2 M over UDP, 2345 over TCP
cache      1 entry, 22.4 MiB of 64 MiB; 12 evicted
           300 hits (75.0 %), 100 misses
flights    3 open, 130000 started, 4567 joined, 100 remembered

indicators of the last 5 min )"));
}

TEST(StatusText, ADaemonThatHasJustStartedHasNoRates) {
  auto value = json(test::kStatus);
  value.at("cache").as_object()["hits"] = 0;
  value.at("cache").as_object()["misses"] = 0;
  value.at("rates").as_object()["hit_ratio"] = nullptr;
  const std::string text = status_text(value);
  EXPECT_THAT(text, HasSubstr("hits ?;"));
  EXPECT_THAT(text, HasSubstr("0 hits, 0 misses\n"));
}

TEST(StatusText, SurvivesWhatItDoesNotKnow) {
  const auto all = test::damaged(json(test::kStatus));
  ASSERT_GT(all.size(), 500U);
  for (const auto& value : all) {
    const std::string text = status_text(value);
    EXPECT_TRUE(test::is_plain(text)) << text;
    EXPECT_THAT(text, StartsWith("pacedns "));
  }
  EXPECT_THAT(status_text(json("{}")), StartsWith("pacedns ?, up ?, pid ?, ? workers\n"));
}

}  // namespace
}  // namespace pacedns::control
