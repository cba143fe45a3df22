#include "pacedns/forward/loop_detector.hpp"

#include <string>

#include <gtest/gtest.h>

#include "support/message_builder.hpp"

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kStart{1h};

/// How many flights have been joined when an upstream is first to be asked.
TEST(LoopDetector, SuspectsWhenFlightAfterFlightIsJoined) {
  LoopDetector detector;
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(detector.on_answered(true, 2, kStart), std::nullopt);
  EXPECT_EQ(detector.on_answered(false, 2, kStart), std::nullopt) << "one that nobody joined";
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(detector.on_answered(true, 2, kStart), std::nullopt);
  EXPECT_EQ(detector.on_answered(true, 2, kStart), 0U);
}

/// All flights are joined; the times from `kStart` on at which upstreams are to be asked.
TEST(LoopDetector, AsksOneUpstreamAfterTheOtherAndMoreAndMoreRarely) {
  LoopDetector detector;
  std::vector<std::pair<std::size_t, int>> asked;
  for (int second = 0; second < 3600; ++second) {
    for (int flight = 0; flight < 4; ++flight) {
      if (const auto upstream = detector.on_answered(true, 2, kStart + second * 1s))
        asked.emplace_back(*upstream, second);
    }
  }
  ASSERT_GE(asked.size(), 8U);
  const std::vector<std::pair<std::size_t, int>> first(asked.begin(), asked.begin() + 8);
  EXPECT_EQ(first, (decltype(first){{0, 0}, {1, 1}, {0, 2}, {1, 4}, {0, 6}, {1, 10}, {0, 14}, {1, 22}}));
  EXPECT_EQ(asked.back().second - asked[asked.size() - 2].second, 600);
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
  const auto message = test::MessageBuilder("0123456789abcdef3f.pacedns-loop.test.", 16).wire();
  const auto expected = dns::read_question(message);
  ASSERT_TRUE(expected.has_value());
  const LoopName name(kSecret, 63);
  EXPECT_TRUE(dns::same_question(name.question(), *expected));
}

TEST(LoopName, TellsTheUpstreamThatWasAsked) {
  for (const std::size_t upstream : {0U, 1U, 9U, 10U, 63U, 255U})
    EXPECT_EQ(LoopName::find_upstream(LoopName(kSecret, upstream).question(), kSecret), upstream);
}

TEST(LoopName, IsRecognizedInAnyLetterCase) {
  const auto message = test::MessageBuilder("0123456789ABCDEF3F.Pacedns-Loop.TEST.", 16).wire();
  EXPECT_EQ(LoopName::find_upstream(*dns::read_question(message), kSecret), 63U);
}

TEST(LoopName, OthersAreNot) {
  for (const char* name : {"0123456789abcdee3f.pacedns-loop.test.", "0123456789abcdefzz.pacedns-loop.test.",
                           "0123456789abcdef3f.pacedns-loop.tess.", "0123456789abcdef-1.pacedns-loop.test.",
                           "www.example.", "."}) {
    const auto message = test::MessageBuilder(name, 16).wire();
    EXPECT_EQ(LoopName::find_upstream(*dns::read_question(message), kSecret), std::nullopt) << name;
  }
  const auto address = test::MessageBuilder("0123456789abcdef3f.pacedns-loop.test.", 1).wire();
  EXPECT_EQ(LoopName::find_upstream(*dns::read_question(address), kSecret), std::nullopt);
}

}  // namespace
}  // namespace pacedns::forward
