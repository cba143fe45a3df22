#include "pacedns/forward/plan_driver.hpp"

#include <boost/asio/error.hpp>
#include <gmock/gmock.h>

#include "unit/forward/forwarding.hpp"

// What scenarios do not reach: several workers, local errors, events that come at the wrong moment.

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;
using metrics::Counter;
using test::Asked;
using test::DriverBench;
using test::kStart;
using test::MessageBuilder;
using testing::ElementsAre;

MessageBuilder good_reply(const char* address = "192.0.2.1") {
  return MessageBuilder("www.example.").response().answer(std::string("www.example. 300 IN A ") + address);
}

const Asked& question() {
  static const Asked asked(MessageBuilder("www.example.").id(1));
  return asked;
}

TEST(PlanDriver, AReplyForAFlightThatIsGoneChangesNothing) {
  DriverBench bench(test::settings_with(1));
  EXPECT_TRUE(bench.ask(question()));
  bench.reply(0, good_reply(), kStart + 10ms);
  ASSERT_EQ(bench.answers.told.size(), 1U);
  EXPECT_EQ(bench.driver.flights(), 0U);

  bench.reply(0, good_reply("192.0.2.9"), kStart + 20ms);
  bench.driver.on_failure(bench.network.sent[0].key, make_error_code(boost::asio::error::connection_refused),
                          kStart + 20ms);
  EXPECT_EQ(bench.answers.told.size(), 1U);
  EXPECT_EQ(bench.count(Counter::UpstreamFailures), 0U);
  EXPECT_EQ(bench.driver.next_deadline(), kNever);
}

TEST(PlanDriver, TheSecondReplyOfAnAttemptChangesNothing) {
  DriverBench bench(test::settings_with(2));
  EXPECT_TRUE(bench.ask(question()));
  bench.reply(0, good_reply("192.0.2.1"), kStart + 10ms);
  bench.reply(0, good_reply("192.0.2.8"), kStart + 11ms);
  bench.reply(1, good_reply("192.0.2.2"), kStart + 12ms);
  EXPECT_EQ(bench.driver.flights(), 0U);
  EXPECT_EQ(bench.count(Counter::PoolAdditions), 1U);
}

TEST(PlanDriver, ATransmissionThatWasNeverMadeIsNotAnswered) {
  DriverBench bench(test::settings_with(1));
  EXPECT_TRUE(bench.ask(question()));
  auto key = bench.network.sent[0].key;
  key.transmission = 5;
  const test::Reply reply(good_reply());
  bench.driver.on_reply(key, reply.view(), kStart);
  bench.driver.on_failure(key, make_error_code(boost::asio::error::connection_refused), kStart);
  EXPECT_TRUE(bench.answers.told.empty());
  EXPECT_EQ(bench.driver.flights(), 1U);
}

TEST(PlanDriver, ASpuriousWakeUpChangesNothing) {
  DriverBench bench(test::settings_with(5));
  bench.driver.on_deadline(kStart);
  EXPECT_TRUE(bench.ask(question()));
  const TimePoint next = bench.driver.next_deadline();
  for (int i = 0; i < 10; ++i)
    bench.driver.on_deadline(kStart + i * 1ms);
  EXPECT_EQ(bench.network.sent.size(), 2U);
  EXPECT_EQ(bench.driver.next_deadline(), next);
}

// The event loop may have been busy for longer than a whole flight lasts.
TEST(PlanDriver, AWakeUpThatComesMuchTooLateEndsTheFlight) {
  DriverBench bench(test::settings_with(5));
  EXPECT_TRUE(bench.ask(question()));
  bench.driver.on_deadline(kStart + 1h);
  ASSERT_EQ(bench.answers.told.size(), 1U);
  EXPECT_EQ(bench.driver.flights(), 0U);
  EXPECT_EQ(bench.driver.waiters(), 0U);
  for (const auto& sent : bench.network.sent)
    EXPECT_TRUE(sent.cancelled);
}

TEST(PlanDriver, WhatWeLackOurselvesIsNotHeldAgainstTheUpstream) {
  for (const auto& local : {boost::system::errc::too_many_files_open, boost::system::errc::no_buffer_space,
                            boost::system::errc::address_not_available}) {
    DriverBench bench(test::settings_with(1));
    bench.network.errors["192.0.2.1"] = make_error_code(local);
    for (std::uint32_t i = 0; i < health::kDownAfter; ++i)
      EXPECT_TRUE(bench.ask(question(), kStart + i * 10s));
    EXPECT_EQ(bench.answers.told.size(), health::kDownAfter);
    EXPECT_EQ(bench.settings->upstreams[0].health->state(), health::State::Up);
    EXPECT_EQ(bench.driver.flights(), 0U);
  }
}

TEST(PlanDriver, WhatTheNetworkLacksIsAFailureOfTheUpstream) {
  DriverBench bench(test::settings_with(1));
  bench.network.errors["192.0.2.1"] = make_error_code(boost::asio::error::network_unreachable);
  for (std::uint32_t i = 0; i < health::kDownAfter; ++i)
    EXPECT_TRUE(bench.ask(question(), kStart + i * 10s));
  EXPECT_EQ(bench.settings->upstreams[0].health->state(), health::State::Down);
  EXPECT_EQ(bench.count(Counter::UpstreamFailures), health::kDownAfter);
}

TEST(PlanDriver, ARetryThatCannotBeSentEndsTheAttempt) {
  DriverBench bench(test::settings_with(1));
  bench.network.errors["192.0.2.1/tcp"] = make_error_code(boost::asio::error::network_unreachable);
  EXPECT_TRUE(bench.ask(question()));
  bench.reply(0, MessageBuilder("www.example.").response().add_flags(dns::kTc), kStart + 1ms);
  ASSERT_EQ(bench.answers.told.size(), 1U);
  EXPECT_EQ(bench.answers.told[0].image->error, dns::ExtendedError::NetworkError);
  EXPECT_EQ(bench.driver.flights(), 0U);
  EXPECT_EQ(bench.count(Counter::UpstreamFailures), 1U);
}

TEST(PlanDriver, AFailedRetransmissionLeavesTheFirstOneOpen) {
  DriverBench bench(test::settings_with(1));
  EXPECT_TRUE(bench.ask(question()));
  bench.network.errors["192.0.2.1"] = make_error_code(boost::asio::error::network_unreachable);
  bench.driver.on_deadline(kStart + 400ms);
  EXPECT_TRUE(bench.answers.told.empty());
  bench.reply(0, good_reply(), kStart + 500ms);
  EXPECT_EQ(bench.answers.told.size(), 1U);
}

// A later flight of one worker may replace what an earlier one of it stored, whatever other workers do.
TEST(PlanDriver, ALaterFlightOfTheSameWorkerReplacesWhatAnEarlierOneStored) {
  for (unsigned worker = 0; worker < 3; ++worker) {
    DriverBench bench(test::settings_with(1), {.worker = worker, .workers = 3});
    EXPECT_TRUE(bench.ask(question()));
    EXPECT_TRUE(bench.ask(question(), kStart));
    bench.reply(0, good_reply(), kStart + 1ms);
    EXPECT_TRUE(bench.ask(question(), kStart + 300s));
    bench.reply(1, good_reply("192.0.2.7"), kStart + 300s);
    std::string kept;
    EXPECT_TRUE(
        bench.cache.find(question().key(), kStart + 300s, [&](const dns::ImageView& image, std::uint32_t) {
          kept = test::LdnsMessage(image.wire).answer().at(0);
        }));
    EXPECT_EQ(kept, "www.example. 300 IN A 192.0.2.7");
  }
}

TEST(PlanDriver, EachWorkerHasItsShareOfTheRoom) {
  auto settings = test::settings_with(1);
  settings->forward.inflight_queries = 4;
  DriverBench bench(settings, {.worker = 1, .workers = 2});
  EXPECT_TRUE(bench.ask(Asked(MessageBuilder("a.example."))));
  EXPECT_TRUE(bench.ask(Asked(MessageBuilder("b.example."))));
  EXPECT_FALSE(bench.ask(Asked(MessageBuilder("c.example."))));
}

TEST(PlanDriver, ThereIsALimitToHowManyWait) {
  auto settings = test::settings_with(1);
  settings->forward.inflight_queries = 1;
  DriverBench bench(settings);
  int taken = 0;
  while (taken < 1000 && bench.ask(question()))
    ++taken;
  EXPECT_EQ(taken, 16);
  EXPECT_EQ(bench.driver.waiters(), 16U);
  bench.reply(0, good_reply(), kStart + 1ms);
  ASSERT_EQ(bench.answers.told.size(), 1U);
  EXPECT_EQ(bench.answers.told[0].ids.size(), 16U);
  EXPECT_EQ(bench.driver.waiters(), 0U);
}

TEST(PlanDriver, AFlightEndsUnderTheSettingsItBeganWith) {
  auto settings = test::settings_with(2);
  DriverBench bench(settings);
  EXPECT_TRUE(bench.ask(question()));
  auto after = test::settings_with(0);
  after->upstreams = {test::upstream_setting(9)};
  after->forward.merge = Merge::Off;
  bench.driver.apply(after);
  EXPECT_EQ(bench.network.transports, 6) << "the old ones are still in use";
  bench.reply(0, good_reply("192.0.2.1"), kStart + 1ms);
  bench.reply(1, good_reply("192.0.2.2"), kStart + 2ms);
  EXPECT_EQ(bench.count(Counter::PoolAdditions), 1U);
  EXPECT_EQ(bench.driver.flights(), 0U);
  EXPECT_EQ(bench.network.transports, 2);

  EXPECT_TRUE(bench.ask(Asked(MessageBuilder("next.example.")), kStart + 3ms));
  EXPECT_EQ(bench.network.sent.back().to, "192.0.2.9");
}

TEST(PlanDriver, WithoutUpstreamsItFailsAtOnceAndRemembersNothing) {
  DriverBench bench(test::settings_with(0));
  EXPECT_TRUE(bench.ask(question()));
  ASSERT_EQ(bench.answers.told.size(), 1U);
  EXPECT_EQ(dns::MessageView::parse(bench.answers.told[0].image->wire)->rcode(), dns::Rcode::ServFail);
  EXPECT_EQ(bench.answers.told[0].image->error, dns::ExtendedError::NoReachableAuthority);
  EXPECT_EQ(bench.driver.flights(), 0U);
  EXPECT_EQ(bench.driver.waiters(), 0U);
  EXPECT_EQ(bench.cache.usage().entries, 0U);

  bench.driver.apply(test::settings_with(1));
  EXPECT_TRUE(bench.ask(question()));
  bench.reply(0, good_reply(), kStart + 1ms);
  ASSERT_EQ(bench.answers.told.size(), 2U);
  EXPECT_EQ(dns::MessageView::parse(bench.answers.told[1].image->wire)->rcode(), dns::Rcode::NoError);
}

// A transport that closes a connection in `cancel` may find others that were on it.
TEST(PlanDriver, AFailureReportedFromWithinCancelIsTaken) {
  DriverBench bench(test::settings_with(1));
  const Asked other(MessageBuilder("other.example.").id(2));
  EXPECT_TRUE(bench.ask(question()));
  EXPECT_TRUE(bench.ask(other));
  bench.network.on_cancel = [&](const test::FakeNetwork::Sent& cancelled) {
    const auto& first = bench.network.sent[0].key;
    const auto& second = bench.network.sent[1].key;
    const auto& victim = cancelled.key.flight == first.flight ? second : first;
    bench.driver.on_failure(cancelled.key, make_error_code(boost::asio::error::connection_reset),
                            kStart + 1ms);
    bench.driver.on_failure(victim, make_error_code(boost::asio::error::connection_reset), kStart + 1ms);
  };
  bench.reply(0, good_reply(), kStart + 1ms);
  ASSERT_EQ(bench.answers.told.size(), 2U);
  EXPECT_THAT(bench.answers.told[0].ids, ElementsAre(2)) << "the other one, which failed meanwhile";
  EXPECT_THAT(bench.answers.told[1].ids, ElementsAre(1));
  EXPECT_EQ(bench.driver.flights(), 0U);
  EXPECT_EQ(bench.count(Counter::UpstreamFailures), 1U);
}

TEST(PlanDriver, ARetryHearsNothingOfWhatItCancelled) {
  DriverBench bench(test::settings_with(1));
  EXPECT_TRUE(bench.ask(question()));
  bench.network.on_cancel = [&](const test::FakeNetwork::Sent& cancelled) {
    bench.driver.on_failure(cancelled.key, make_error_code(boost::asio::error::connection_reset),
                            kStart + 1ms);
  };
  bench.reply(0, MessageBuilder("www.example.").response().add_flags(dns::kTc), kStart + 1ms);
  ASSERT_EQ(bench.network.sent.size(), 2U);
  EXPECT_EQ(bench.network.sent[1].to, "192.0.2.1/tcp");
  EXPECT_TRUE(bench.answers.told.empty());
  EXPECT_EQ(bench.count(Counter::UpstreamFailures), 0U);
  bench.reply(1, good_reply(), kStart + 5ms);
  EXPECT_EQ(bench.answers.told.size(), 1U);
}

/// So many flights, one after the other, each joined while it is waited for.
void fly_joined(DriverBench& bench, int flights) {
  for (int i = 0; i < flights; ++i) {
    const std::string name = "n" + std::to_string(i) + ".example.";
    const Asked asked{MessageBuilder(name)};
    const std::size_t sent = bench.network.sent.size();
    ASSERT_TRUE(bench.ask(asked));
    ASSERT_TRUE(bench.ask(asked));
    const auto reply = MessageBuilder(name).response().answer(name + " 300 IN A 192.0.2.1");
    for (std::size_t each = bench.network.sent.size(); each-- > sent;)
      bench.reply(each, reply, kStart + 1ms);
  }
}

TEST(PlanDriver, AsksOneUpstreamForANameOfItsOwnWhenALoopIsSuspected) {
  DriverBench bench(test::settings_with(2));
  bench.settings->loop_secret = 0xfedcba9876543210;
  fly_joined(bench, 3);
  EXPECT_EQ(bench.count(Counter::FlightsStarted), 3U);
  fly_joined(bench, 1);
  ASSERT_EQ(bench.count(Counter::FlightsStarted), 5U) << "the last one is ours";
  const auto& asked = bench.network.sent.back();
  EXPECT_EQ(asked.to, "192.0.2.1");
  const test::Reply query(asked.query);
  const Upstream* const found = bench.driver.find_loop(query.view().question());
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->server.name, bench.settings->upstreams[0].server.name);
  EXPECT_EQ(bench.driver.find_loop(question().query().question), nullptr);

  // Whatever it says, nobody hears of it.
  const std::size_t told = bench.answers.told.size();
  bench.reply(bench.network.sent.size() - 1, MessageBuilder("x.").response().add_flags(5), kStart + 2ms);
  EXPECT_EQ(bench.answers.told.size(), told);
}

TEST(PlanDriver, LeavesNothingBehindWhenItIsDestroyed) {
  test::FakeNetwork network;
  test::NotedAnswers answers;
  cache::MessageCache cache(cache::kMiB);
  metrics::Counters counters;
  Random random;
  {
    PlanDriver driver({}, cache, test::hasher(), counters, random, network, answers);
    driver.apply(test::settings_with(2));
    EXPECT_TRUE(driver.resolve(question().key(), question().waiter(), kStart));
  }
  EXPECT_EQ(network.transports, 0);
  for (const auto& sent : network.sent)
    EXPECT_TRUE(sent.cancelled);
}

TEST(PlanDriver, ATruncatedReplyMeasuresThePathOverUdp) {
  DriverBench bench(test::settings_with(1));
  EXPECT_TRUE(bench.ask(question()));
  bench.reply(0, MessageBuilder("www.example.").response().add_flags(dns::kTc), kStart + 20ms);
  bench.reply(1, good_reply(), kStart + 90ms);
  EXPECT_EQ(bench.settings->upstreams[0].health->smoothed_rtt(), 20ms);
}

TEST(PlanDriver, ARetransmissionIsMeasuredFromTheTransmissionThatWasAnswered) {
  DriverBench bench(test::settings_with(1));
  EXPECT_TRUE(bench.ask(question()));
  bench.driver.on_deadline(kStart + 400ms);
  ASSERT_EQ(bench.network.sent.size(), 2U);
  bench.reply(1, good_reply(), kStart + 430ms);
  EXPECT_EQ(bench.settings->upstreams[0].health->smoothed_rtt(), 30ms);
}

}  // namespace
}  // namespace pacedns::forward
