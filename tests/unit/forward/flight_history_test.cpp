#include "pacedns/forward/flight_history.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "unit/forward/forwarding.hpp"

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;
using test::kStart;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::size_t kPlenty = std::size_t{1} << 30;
constexpr std::size_t kLook = FlightHistory::kLook;

class FlightHistoryTest : public testing::Test {
 protected:
  /// All of the same footprint for names of the same length, unless it has a reply of so many octets.
  FlightHistory::Record record(const std::string& qname, std::size_t reply = 0) {
    Flight flight(test::key_for(qname), ++generation_, settings_, upstreams_, upstreams_->choose(kStart),
                  kStart);
    return std::make_shared<const FlightRecord>(flight, std::vector<std::uint8_t>(reply), kStart);
  }

  /// Adds so many about that name. Their generations go on from those before.
  void add(const std::string& qname, std::size_t count = 1) {
    for (std::size_t i = 0; i < count; ++i)
      history_.add(record(qname));
  }

  static std::vector<std::uint64_t> generations(const std::vector<FlightHistory::Record>& records) {
    std::vector<std::uint64_t> result;
    for (const auto& record : records)
      result.push_back(record->generation);
    return result;
  }

  [[nodiscard]] FlightHistory::Look look_for(const std::string& qname,
                                             std::optional<std::uint64_t> before = std::nullopt) const {
    return history_.look_for(test::key_for(qname).question(), before);
  }

  test::FakeNetwork network_;
  std::shared_ptr<Settings> settings_ = test::settings_with(1);
  std::shared_ptr<UpstreamSet> upstreams_ = std::make_shared<UpstreamSet>(network_, *settings_, 0, nullptr);
  std::uint64_t generation_ = 0;
  FlightHistory history_;
};

TEST_F(FlightHistoryTest, RemembersNothingUntilItHasRoom) {
  EXPECT_FALSE(history_.takes(kStart));
  add("a.example.");
  EXPECT_EQ(history_.size(), 0U);
  history_.limit(kPlenty);
  EXPECT_TRUE(history_.takes(kStart));
  add("a.example.");
  EXPECT_EQ(history_.size(), 1U);
  history_.limit(0);
  EXPECT_FALSE(history_.takes(kStart + 1s));
  EXPECT_EQ(history_.size(), 0U);
  EXPECT_THAT(history_.newest(10), IsEmpty());
}

TEST_F(FlightHistoryTest, GivesTheNewestFirstAndNoMoreThanIsAskedFor) {
  history_.limit(kPlenty);
  add("a.example.", 4);
  EXPECT_THAT(generations(history_.newest(2)), ElementsAre(4, 3));
  EXPECT_THAT(generations(history_.newest(4)), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(generations(history_.newest(100)), ElementsAre(4, 3, 2, 1));
  EXPECT_THAT(history_.newest(0), IsEmpty());
}

TEST_F(FlightHistoryTest, TheOldestGoWhenThereIsNoMoreRoom) {
  const std::size_t each = record("a.example.")->footprint();
  history_.limit(3 * each);
  add("a.example.", 3);
  EXPECT_THAT(generations(history_.newest(10)), ElementsAre(4, 3, 2)) << "just so";
  add("a.example.");
  EXPECT_THAT(generations(history_.newest(10)), ElementsAre(5, 4, 3));
  history_.limit(3 * each - 1);
  EXPECT_THAT(generations(history_.newest(10)), ElementsAre(5, 4)) << "at once";
  history_.limit(3 * each);
  add("a.example.");
  EXPECT_THAT(generations(history_.newest(10)), ElementsAre(6, 5, 4));
}

TEST_F(FlightHistoryTest, ALargeRecordTakesThePlaceOfSeveral) {
  const std::size_t each = record("a.example.")->footprint();
  history_.limit(4 * each);
  add("a.example.", 4);
  history_.add(record("a.example.", each));
  EXPECT_THAT(generations(history_.newest(10)), ElementsAre(6, 5, 4));
  history_.add(record("a.example.", 4 * each));
  EXPECT_EQ(history_.size(), 0U) << "larger than all";
  add("a.example.", 5);
  EXPECT_EQ(history_.size(), 4U) << "what has gone takes no room";
}

TEST_F(FlightHistoryTest, OfAFloodItTakesSome) {
  history_.limit(kPlenty);
  unsigned taken = 0;
  for (unsigned i = 0; i < 3 * FlightHistory::kFlightsPerSecond; ++i)
    taken += history_.takes(kStart + i * 100us) ? 1U : 0U;
  EXPECT_EQ(taken, FlightHistory::kFlightsPerSecond);
  EXPECT_FALSE(history_.takes(kStart + 999ms));
  EXPECT_TRUE(history_.takes(kStart + 1s));
}

TEST_F(FlightHistoryTest, FindsWhatIsAboutAQuestionNewestFirst) {
  history_.limit(kPlenty);
  for (int i = 0; i < 3; ++i) {
    add("a.example.");
    add("b.example.");
  }
  const auto look = look_for("A.example.");
  EXPECT_THAT(generations(look.found), ElementsAre(5, 3, 1));
  EXPECT_FALSE(look.next.has_value());
  EXPECT_THAT(look_for("c.example.").found, IsEmpty());
  EXPECT_THAT(look_for("example.").found, IsEmpty()) << "the whole question, not a part of it";
  EXPECT_THAT(history_.look_for(test::key_for("a.example.", dns::RrType::Aaaa).question(), {}).found,
              IsEmpty());
}

TEST_F(FlightHistoryTest, ALookIsNoLongerThanItsWorkerCanSpare) {
  history_.limit(kPlenty);
  add("a.example.", 2 * kLook + 3);
  std::vector<std::uint64_t> seen;
  std::vector<std::size_t> looks;
  std::optional<std::uint64_t> next;
  do {
    const auto look = look_for("a.example.", next);
    looks.push_back(look.found.size());
    for (const std::uint64_t generation : generations(look.found))
      seen.push_back(generation);
    next = look.next;
  } while (next && looks.size() < 10);
  EXPECT_THAT(looks, ElementsAre(kLook, kLook, 3));
  ASSERT_EQ(seen.size(), generation_);
  for (std::size_t i = 0; i < seen.size(); ++i)
    ASSERT_EQ(seen[i], generation_ - i) << "each once";
}

TEST_F(FlightHistoryTest, AHistoryOfJustOneLookNeedsNoSecondOne) {
  history_.limit(kPlenty);
  add("a.example.", kLook);
  EXPECT_FALSE(look_for("a.example.").next.has_value());
  add("b.example.");
  const auto look = look_for("a.example.");
  EXPECT_EQ(look.found.size(), kLook - 1);
  ASSERT_TRUE(look.next.has_value());
  EXPECT_THAT(generations(look_for("a.example.", look.next).found), ElementsAre(1));
}

TEST_F(FlightHistoryTest, WhatComesBetweenTwoLooksIsNotSeenTwice) {
  history_.limit(kPlenty);
  add("a.example.", kLook + 2);
  const auto first = look_for("a.example.");
  add("a.example.", 5);
  const auto second = look_for("a.example.", first.next);
  EXPECT_THAT(generations(second.found), ElementsAre(2, 1));
  EXPECT_FALSE(second.next.has_value());
}

TEST_F(FlightHistoryTest, WhatGoesBetweenTwoLooksIsMissedAndNothingElse) {
  const std::size_t each = record("a.example.")->footprint();  // number 1, which is not added
  history_.limit((kLook + 10) * each);
  add("a.example.", kLook + 10);
  const auto first = look_for("a.example.");
  EXPECT_EQ(generations(first.found).back(), 12U);
  add("b.example.", 4);  // drops 2 to 5
  const auto second = look_for("a.example.", first.next);
  EXPECT_THAT(generations(second.found), ElementsAre(11, 10, 9, 8, 7, 6));
  EXPECT_FALSE(second.next.has_value());

  add("b.example.", 100);
  const auto third = look_for("a.example.", first.next);
  EXPECT_THAT(third.found, IsEmpty()) << "all that was before has gone";
  EXPECT_FALSE(third.next.has_value());
}

TEST_F(FlightHistoryTest, ALookFromANumberThatIsNotThereIsHarmless) {
  history_.limit(kPlenty);
  add("a.example.", 3);
  EXPECT_THAT(generations(look_for("a.example.", 1'000'000).found), ElementsAre(3, 2, 1));
  EXPECT_THAT(look_for("a.example.", 0).found, IsEmpty());
  history_.limit(0);
  EXPECT_THAT(look_for("a.example.", 2).found, IsEmpty());
  EXPECT_FALSE(look_for("a.example.").next.has_value());
}

}  // namespace
}  // namespace pacedns::forward
