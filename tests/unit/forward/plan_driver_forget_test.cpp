#include <algorithm>
#include <optional>
#include <string>

#include <gmock/gmock.h>

#include "pacedns/forward/plan_driver.hpp"

#include "unit/forward/forwarding.hpp"

// A flight whose question the cache forgets serves those that wait for it, and nobody else.

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;
using test::Asked;
using test::kStart;
using test::MessageBuilder;
using testing::ElementsAre;
using testing::IsEmpty;

MessageBuilder reply_with(const std::string& address) {
  return MessageBuilder("www.example.").response().answer("www.example. 300 IN A " + address);
}

class PlanDriverForget : public testing::Test {
 protected:
  void ask(std::uint16_t id, TimePoint now = kStart, const char* name = "www.example.") {
    EXPECT_TRUE(bench_.ask(Asked(MessageBuilder(name).id(id)), now));
  }

  /// What an operator does who flushes this name: the driver first, then the cache.
  std::size_t flush(const char* name = "www.example.", TimePoint now = kStart) {
    const cache::CacheKey key = test::key_for(name);
    const auto about = [&](Bytes question) { return std::ranges::equal(question, key.question()); };
    const std::size_t detached = bench_.driver.forget(about);
    std::size_t erased = 0;
    cache::MessageCache::Walk walk;
    while (bench_.cache.erase_some(
        walk, now, [&](const cache::CacheEntry& entry) { return about(entry.question()); }, erased)) {
    }
    return detached;
  }

  /// The addresses in the cache.
  [[nodiscard]] std::vector<std::string> cached(TimePoint now = kStart) const {
    std::vector<std::string> addresses;
    static_cast<void>(bench_.cache.find(
        test::key_for("www.example."), now, [&](const dns::ImageView& image, std::uint32_t) {
          for (const std::string& record : test::LdnsMessage(image.wire).answer())
            addresses.push_back(record.substr(record.rfind(' ') + 1));
        }));
    return addresses;
  }

  void expect_all_over() const {
    EXPECT_EQ(bench_.driver.flights(), 0U);
    EXPECT_EQ(bench_.driver.waiters(), 0U);
    EXPECT_EQ(bench_.driver.next_deadline(), kNever);
  }

  test::DriverBench bench_{test::settings_with(2)};
};

TEST_F(PlanDriverForget, ItsClientsAreAnsweredAndNothingIsStored) {
  ask(1);
  ask(2);
  EXPECT_EQ(flush(), 1U);
  EXPECT_EQ(bench_.driver.open_flight(test::key_for("www.example.")), nullptr);
  bench_.reply(0, reply_with("192.0.2.1"), kStart + 10ms);
  ASSERT_EQ(bench_.answers.told.size(), 1U);
  EXPECT_THAT(bench_.answers.told[0].ids, ElementsAre(1, 2));
  EXPECT_EQ(bench_.answers.told[0].from, "u1");
  EXPECT_THAT(cached(), IsEmpty());
  bench_.reply(1, reply_with("192.0.2.2"), kStart + 20ms);
  EXPECT_THAT(cached(), IsEmpty()) << "nor is the pool";
  expect_all_over();
}

TEST_F(PlanDriverForget, AFailureIsNotStoredEither) {
  ask(1);
  EXPECT_EQ(flush(), 1U);
  for (const std::size_t i : {0U, 1U})
    bench_.reply(i, MessageBuilder("www.example.").response(dns::Rcode::ServFail), kStart + 10ms);
  EXPECT_EQ(bench_.answers.told.size(), 1U);
  EXPECT_EQ(bench_.cache.usage().entries, 0U);
  expect_all_over();
}

TEST_F(PlanDriverForget, WhatItStillCollectsIsNotStored) {
  ask(1);
  bench_.reply(0, reply_with("192.0.2.1"), kStart + 10ms);
  EXPECT_THAT(cached(), ElementsAre("192.0.2.1"));
  EXPECT_EQ(flush(), 1U);
  EXPECT_THAT(cached(), IsEmpty());
  bench_.reply(1, reply_with("192.0.2.2"), kStart + 20ms);
  EXPECT_THAT(cached(), IsEmpty());
  expect_all_over();
}

TEST_F(PlanDriverForget, ItsAnswerIsNotGivenToAnybodyNew) {
  ask(1);
  bench_.reply(0, reply_with("192.0.2.1"), kStart + 10ms);
  EXPECT_EQ(flush(), 1U);
  ask(2, kStart + 11ms);
  EXPECT_EQ(bench_.answers.told.size(), 1U);
  EXPECT_EQ(bench_.driver.flights(), 2U);
  EXPECT_EQ(bench_.count(metrics::Counter::FlightsStarted), 2U);
}

// Old and new flight for one key, whichever comes to its end first.
TEST_F(PlanDriverForget, ANewFlightStartsAndBothComeToTheirEnd) {
  for (const bool old_first : {true, false}) {
    const std::size_t at = bench_.network.sent.size();
    const TimePoint begin = old_first ? kStart : kStart + 1h;
    bench_.answers.told.clear();
    ask(1, begin);
    EXPECT_EQ(flush("www.example.", begin), 1U);
    ask(2, begin + 1ms);
    ask(3, begin + 2ms);
    ASSERT_EQ(bench_.network.sent.size(), at + 4);
    ASSERT_NE(bench_.network.sent[at].key.flight, bench_.network.sent[at + 2].key.flight);
    const auto end_old = [&](TimePoint now) {
      bench_.reply(at, reply_with("192.0.2.91"), now);
      bench_.reply(at + 1, reply_with("192.0.2.92"), now);
    };
    const auto end_new = [&](TimePoint now) {
      bench_.reply(at + 2, reply_with("192.0.2.1"), now);
      bench_.reply(at + 3, reply_with("192.0.2.2"), now);
    };
    if (old_first) end_old(begin + 10ms);
    EXPECT_NE(bench_.driver.open_flight(test::key_for("www.example.")), nullptr) << "the new one";
    end_new(begin + 20ms);
    if (!old_first) end_old(begin + 30ms);

    ASSERT_EQ(bench_.answers.told.size(), 2U);
    EXPECT_THAT(bench_.answers.told[old_first ? 0 : 1].ids, ElementsAre(1));
    EXPECT_THAT(bench_.answers.told[old_first ? 1 : 0].ids, ElementsAre(2, 3));
    EXPECT_THAT(cached(begin + 40ms), ElementsAre("192.0.2.1", "192.0.2.2")) << "of the new one only";
    expect_all_over();
  }
}

TEST_F(PlanDriverForget, ItEndsAtItsDeadlineThoughAnotherHasItsKey) {
  ask(1);
  EXPECT_EQ(flush(), 1U);
  ask(2, kStart + 1s);
  bench_.driver.on_deadline(kStart + 3s);
  ASSERT_EQ(bench_.answers.told.size(), 1U);
  EXPECT_THAT(bench_.answers.told[0].ids, ElementsAre(1));
  EXPECT_EQ(bench_.driver.flights(), 1U);
  bench_.reply(2, reply_with("192.0.2.1"), kStart + 3100ms);
  bench_.reply(3, reply_with("192.0.2.1"), kStart + 3100ms);
  EXPECT_EQ(bench_.answers.told.size(), 2U);
  expect_all_over();
}

TEST_F(PlanDriverForget, OthersAreLeftAloneAndNoneIsForgottenTwice) {
  ask(1);
  ask(2, kStart, "other.example.");
  EXPECT_EQ(flush(), 1U);
  EXPECT_EQ(flush(), 0U);
  ask(3, kStart + 1ms);
  EXPECT_EQ(flush(), 1U) << "the new one";
  EXPECT_NE(bench_.driver.open_flight(test::key_for("other.example.")), nullptr);
  EXPECT_EQ(bench_.driver.forget([](Bytes) { return true; }), 1U);
  EXPECT_EQ(bench_.driver.forget([](Bytes) { return true; }), 0U);
  EXPECT_EQ(bench_.driver.flights(), 3U);
}

TEST_F(PlanDriverForget, ItIsRememberedAsAnyOther) {
  ask(1);
  EXPECT_EQ(flush(), 1U);
  EXPECT_EQ(bench_.driver.recent_flights(10).size(), 1U);
  bench_.reply(0, reply_with("192.0.2.1"), kStart + 10ms);
  bench_.reply(1, reply_with("192.0.2.1"), kStart + 20ms);
  const auto records = bench_.driver.recent_flights(10);
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0]->clients, 1U);
  EXPECT_FALSE(records[0]->open());
}

}  // namespace
}  // namespace pacedns::forward
