#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "pacedns/forward/plan_driver.hpp"

#include "unit/forward/forwarding.hpp"

// What a driver remembers of its flights and shows of those that are open; and what it tells waiters about
// where their answer comes from.

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;
using test::Asked;
using test::DriverBench;
using test::kStart;
using test::MessageBuilder;
using testing::ElementsAre;
using testing::IsEmpty;

MessageBuilder reply_for(const std::string& name, const char* address = "192.0.2.1") {
  return MessageBuilder(name).response().answer(name + " 300 IN A " + address);
}

void ask(DriverBench& bench, const std::string& name, TimePoint now = kStart) {
  EXPECT_TRUE(bench.ask(Asked(MessageBuilder(name)), now));
}

/// A whole flight, at one upstream.
void fly(DriverBench& bench, const std::string& name, TimePoint now = kStart) {
  ask(bench, name, now);
  bench.reply(bench.network.sent.size() - 1, reply_for(name), now + 1ms);
}

std::vector<std::string> names(const std::vector<FlightHistory::Record>& records) {
  std::vector<std::string> result;
  for (const auto& record : records) {
    const Bytes name = Bytes(record->question).first(record->question.size() - 4);
    std::string text;
    for (std::size_t at = 0; name[at] != 0; at += name[at] + 1U)
      text += std::string(name.begin() + static_cast<long>(at) + 1,
                          name.begin() + static_cast<long>(at + name[at]) + 1) +
              '.';
    result.push_back(text);
  }
  return result;
}

TEST(PlanDriverHistory, AFlightIsRememberedWhenItIsOver) {
  DriverBench bench(test::settings_with(2));
  ask(bench, "www.example.");
  ask(bench, "www.example.");
  bench.reply(0, reply_for("www.example.", "192.0.2.1"), kStart + 10ms);
  ask(bench, "www.example.", kStart + 15ms);
  EXPECT_EQ(bench.counters.remembered(), 0U);
  const test::Reply late(reply_for("www.example.", "192.0.2.2"));
  bench.driver.on_reply(bench.network.sent[1].key, late.view(), kStart + 20ms);
  EXPECT_EQ(bench.counters.remembered(), 1U);
  EXPECT_EQ(bench.driver.history().size(), 1U);

  const auto records = bench.driver.recent_flights(10);
  ASSERT_EQ(records.size(), 1U);
  const FlightRecord& record = *records[0];
  EXPECT_FALSE(record.open());
  EXPECT_EQ(record.started_at, kStart);
  EXPECT_EQ(record.answered_at, kStart + 10ms);
  EXPECT_EQ(record.finished_at, kStart + 20ms);
  EXPECT_EQ(record.clients, 3U) << "two that waited, and one that came while it collected";
  EXPECT_EQ(record.winner, plan::Position{0});
  ASSERT_EQ(record.attempts.size(), 2U);
  EXPECT_EQ(record.attempts[0].outcome, AttemptOutcome::Usable);
  EXPECT_FALSE(record.attempts[0].merge.has_value()) << "there was nothing to merge it with";
  EXPECT_EQ(record.attempts[1].launched_at, kStart);
  EXPECT_EQ(record.attempts[1].ended_at, kStart + 20ms);
  EXPECT_EQ(record.attempts[1].merge, cache::MergeOutcome::Merged);
  EXPECT_TRUE(std::ranges::equal(record.reply_of(record.attempts[1]), late.wire()));
}

TEST(PlanDriverHistory, AFailureHasNoWinner) {
  DriverBench bench(test::settings_with(1));
  ask(bench, "www.example.");
  bench.reply(0, MessageBuilder("www.example.").response(dns::Rcode::Refused), kStart + 1ms);
  const auto record = bench.driver.recent_flights(1).at(0);
  EXPECT_FALSE(record->winner.has_value());
  EXPECT_EQ(record->answer_rcode, dns::Rcode::Refused);
  EXPECT_EQ(record->attempts[0].outcome, AttemptOutcome::Failure);
  EXPECT_EQ(record->attempts[0].rcode, dns::Rcode::Refused);
  EXPECT_FALSE(record->reply_of(record->attempts[0]).empty());
}

TEST(PlanDriverHistory, RecentFlightsAreTheOpenAndTheFinishedOnesNewestFirst) {
  DriverBench bench(test::settings_with(1));
  fly(bench, "a.", kStart);
  ask(bench, "b.", kStart + 10ms);
  fly(bench, "c.", kStart + 20ms);
  ask(bench, "d.", kStart + 30ms);
  fly(bench, "e.", kStart + 40ms);
  const auto records = bench.driver.recent_flights(100);
  EXPECT_THAT(names(records), ElementsAre("e.", "d.", "c.", "b.", "a."));
  EXPECT_TRUE(records[1]->open());
  EXPECT_FALSE(records[2]->open());
  EXPECT_THAT(names(bench.driver.recent_flights(3)), ElementsAre("e.", "d.", "c."));
  EXPECT_THAT(bench.driver.recent_flights(0), IsEmpty());
}

TEST(PlanDriverHistory, OfManyOpenFlightsThoseThatBeganLastAreShown) {
  DriverBench bench(test::settings_with(1));
  for (int i = 0; i < 200; ++i)
    ask(bench, "n" + std::to_string(i) + ".", kStart + i * 1ms);
  EXPECT_THAT(names(bench.driver.recent_flights(3)), ElementsAre("n199.", "n198.", "n197."));
  const auto all = bench.driver.recent_flights(1000);
  EXPECT_EQ(all.size(), 64U) << "no more than its worker can spare";
  bench.reply(199, reply_for("n199."), kStart + 300ms);
  ask(bench, "later.", kStart + 400ms);  // where n199. was
  const auto again = names(bench.driver.recent_flights(1000));
  EXPECT_EQ(again.at(0), "later.");
  EXPECT_EQ(std::ranges::count(again, "n199."), 1) << "as one that is over";
}

TEST(PlanDriverHistory, IsOffWithoutRoom) {
  auto settings = test::settings_with(1);
  settings->forward.history = 0;
  DriverBench bench(settings);
  fly(bench, "a.");
  ask(bench, "b.");
  EXPECT_THAT(bench.driver.recent_flights(10), IsEmpty());
  EXPECT_EQ(bench.driver.history().size(), 0U);
  EXPECT_EQ(bench.counters.remembered(), 0U);

  bench.driver.apply(test::settings_with(1));
  bench.reply(1, reply_for("b."), kStart + 5ms);
  EXPECT_THAT(bench.driver.recent_flights(10), IsEmpty()) << "nobody has noted its replies";
  fly(bench, "c.", kStart + 6ms);
  EXPECT_THAT(names(bench.driver.recent_flights(10)), ElementsAre("c."));
}

TEST(PlanDriverHistory, AReloadThatTurnsItOffForgetsAll) {
  DriverBench bench(test::settings_with(1));
  fly(bench, "a.");
  EXPECT_EQ(bench.counters.remembered(), 1U);
  auto off = test::settings_with(1);
  off->forward.history = 0;
  bench.driver.apply(off);
  EXPECT_EQ(bench.counters.remembered(), 0U);
  EXPECT_THAT(bench.driver.recent_flights(10), IsEmpty());
}

TEST(PlanDriverHistory, EachWorkerHasItsShareOfTheBytes) {
  DriverBench measured(test::settings_with(1));
  fly(measured, "a.");
  const std::size_t each = measured.driver.recent_flights(1).at(0)->footprint();
  auto settings = test::settings_with(1);
  settings->forward.history = 5 * each;
  DriverBench bench(settings, {.worker = 1, .workers = 2});
  for (const char* const name : {"b.", "c.", "d.", "e."})
    fly(bench, name, kStart + std::chrono::milliseconds(name[0]));
  EXPECT_THAT(names(bench.driver.recent_flights(10)), ElementsAre("e.", "d."));
  EXPECT_EQ(bench.counters.remembered(), 2U);
}

TEST(PlanDriverHistory, OfAFloodSomeAreRemembered) {
  constexpr unsigned kMost = FlightHistory::kFlightsPerSecond;
  DriverBench bench(test::settings_with(1));
  for (unsigned i = 0; i < kMost + 50; ++i)
    fly(bench, "n" + std::to_string(i) + ".");
  EXPECT_EQ(bench.driver.history().size(), kMost);
  EXPECT_EQ(bench.driver.recent_flights(kMost + 50).size(), kMost);
  ask(bench, "open.");
  EXPECT_THAT(names(bench.driver.recent_flights(1)), ElementsAre("n999.")) << "an open one neither";
  fly(bench, "later.", kStart + 1s);
  EXPECT_THAT(names(bench.driver.recent_flights(1)), ElementsAre("later."));
}

TEST(PlanDriverHistory, AnOpenFlightIsFoundByItsKey) {
  DriverBench bench(test::settings_with(2));
  EXPECT_EQ(bench.driver.open_flight(test::key_for("www.example.")), nullptr);
  ask(bench, "www.example.");
  const auto waiting = bench.driver.open_flight(test::key_for("www.example."));
  ASSERT_NE(waiting, nullptr);
  EXPECT_TRUE(waiting->open());
  EXPECT_EQ(waiting->answered_at, kNever);
  EXPECT_EQ(waiting->attempts[0].outcome, AttemptOutcome::Pending);
  EXPECT_EQ(waiting->clients, 1U);
  EXPECT_EQ(bench.driver.open_flight(test::key_for("www.example.", dns::RrType::Aaaa)), nullptr);

  bench.reply(0, reply_for("www.example."), kStart + 10ms);
  const auto collecting = bench.driver.open_flight(test::key_for("www.example."));
  ASSERT_NE(collecting, nullptr);
  EXPECT_EQ(collecting->answered_at, kStart + 10ms);
  EXPECT_EQ(collecting->clients, 1U);
  EXPECT_EQ(waiting->answered_at, kNever) << "what was told stays as it was";

  bench.reply(1, reply_for("www.example."), kStart + 20ms);
  EXPECT_EQ(bench.driver.open_flight(test::key_for("www.example.")), nullptr);
}

TEST(PlanDriverHistory, WaitersAreToldWhoseReplyItIs) {
  DriverBench bench(test::settings_with(3));
  ask(bench, "www.example.");
  bench.reply(1, reply_for("www.example."), kStart + 10ms);
  ask(bench, "www.example.", kStart + 20ms);
  bench.reply(0, reply_for("www.example.", "192.0.2.2"), kStart + 30ms);
  ask(bench, "www.example.", kStart + 40ms);
  ASSERT_EQ(bench.answers.told.size(), 3U);
  for (const auto& told : bench.answers.told)
    EXPECT_EQ(told.from, "u2");
}

TEST(PlanDriverHistory, AFailureIsFromNobody) {
  DriverBench bench(test::settings_with(1));
  ask(bench, "www.example.");
  bench.reply(0, MessageBuilder("www.example.").response(dns::Rcode::ServFail), kStart + 1ms);
  EXPECT_EQ(bench.answers.told.at(0).from, "none");

  DriverBench alone(test::settings_with(0));
  ask(alone, "www.example.");
  EXPECT_EQ(alone.answers.told.at(0).from, "none");
}

}  // namespace
}  // namespace pacedns::forward
