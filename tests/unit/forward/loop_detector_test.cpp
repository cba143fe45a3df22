#include "pacedns/forward/loop_detector.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/message_builder.hpp"

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

TEST(LoopDetector, SuspectsWhenAQuarterOfTheLastFlightsWereJoined) {
  LoopDetector detector;
  for (int i = 1; i <= 15; ++i)
    EXPECT_EQ(detector.on_answered(i % 5 == 0, 2, kStart), std::nullopt) << i;
  EXPECT_EQ(detector.on_answered(true, 2, kStart), 0U);
}

TEST(LoopDetector, ForgetsFlightsOfLongAgo) {
  LoopDetector detector;
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(detector.on_answered(i % 6 == 0, 2, kStart + i * 1s), std::nullopt) << i;
}

TEST(LoopDetector, AsksOneUpstreamASecondAndInRarerAndRarerRounds) {
  LoopDetector detector;
  std::vector<std::pair<std::size_t, int>> asked;
  for (int second = 0; second < 3600; ++second) {
    for (int flight = 0; flight < 4; ++flight) {
      if (const auto upstream = detector.on_answered(true, 2, kStart + second * 1s))
        asked.emplace_back(*upstream, second);
    }
  }
  ASSERT_GE(asked.size(), 10U);
  const std::vector<std::pair<std::size_t, int>> first(asked.begin(), asked.begin() + 8);
  EXPECT_EQ(first, (decltype(first){{0, 0}, {1, 1}, {0, 2}, {1, 3}, {0, 5}, {1, 6}, {0, 10}, {1, 11}}));
  int longest = 0;
  for (std::size_t i = 1; i < asked.size(); ++i)
    longest = std::max(longest, asked[i].second - asked[i - 1].second);
  EXPECT_EQ(longest, 600);
}

TEST(LoopDetector, WithoutUpstreamsThereIsNobodyToAsk) {
  LoopDetector detector;
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(detector.on_answered(true, 0, kStart), std::nullopt);
}

TEST(LoopDetector, GoesOnWithFewerUpstreamsAfterAReload) {
  LoopDetector detector;
  for (int i = 0; i < 20; ++i)
    static_cast<void>(detector.on_answered(true, 64, kStart + i * 1s));
  EXPECT_EQ(detector.on_answered(true, 2, kStart + 1h), 0U);
}

constexpr std::uint64_t kSecret = 0x0123456789abcdef;

TEST(LoopName, IsAQuestionThatCanBeRead) {
  const auto message = test::MessageBuilder("0123456789abcdef3f00a1.pacedns-loop.example.com.", 16).wire();
  const auto expected = dns::read_question(message);
  ASSERT_TRUE(expected.has_value());
  const LoopName name(kSecret, 63, 0xa1);
  EXPECT_TRUE(dns::same_question(name.question(), *expected));
}

TEST(LoopName, TellsTheUpstreamThatWasAsked) {
  for (const std::size_t upstream : {0U, 1U, 9U, 10U, 63U, 255U})
    EXPECT_EQ(LoopName::find_upstream(LoopName(kSecret, upstream, 7).question(), kSecret), upstream);
}

TEST(LoopName, IsRecognizedInAnyLetterCase) {
  const auto message = test::MessageBuilder("0123456789ABCDEF3F00A1.Pacedns-Loop.EXAMPLE.com.", 16).wire();
  EXPECT_EQ(LoopName::find_upstream(*dns::read_question(message), kSecret), 63U);
}

TEST(LoopName, OthersAreNot) {
  for (const char* name : {"0123456789abcdee3f00a1.pacedns-loop.example.com.",
                           "0123456789abcdefzz00a1.pacedns-loop.example.com.",
                           "0123456789abcdef3f00a1.pacedns-loop.example.net.",
                           "0123456789abcdef3f00-1.pacedns-loop.example.com.", "www.example.", "."}) {
    const auto message = test::MessageBuilder(name, 16).wire();
    EXPECT_EQ(LoopName::find_upstream(*dns::read_question(message), kSecret), std::nullopt) << name;
  }
  const auto address = test::MessageBuilder("0123456789abcdef3f00a1.pacedns-loop.example.com.", 1).wire();
  EXPECT_EQ(LoopName::find_upstream(*dns::read_question(address), kSecret), std::nullopt);
}

}  // namespace
}  // namespace pacedns::forward
