#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

#include "pacedns/forward/plan_driver.hpp"

#include "unit/forward/forwarding.hpp"

// What is counted while flights fly, for their worker and for each upstream.

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;
using metrics::Counter;
using metrics::UpstreamCounter;
using test::Asked;
using test::kStart;
using test::MessageBuilder;

MessageBuilder good_reply() {
  return MessageBuilder("www.example.").response().answer("www.example. 300 IN A 192.0.2.1");
}

MessageBuilder failure() {
  return MessageBuilder("www.example.").response(dns::Rcode::ServFail);
}

error_code refused() {
  return make_error_code(boost::asio::error::connection_refused);
}

struct Bench : test::DriverBench {
  explicit Bench(unsigned upstreams) : Bench(test::settings_with(upstreams)) {}
  explicit Bench(std::shared_ptr<Settings> with) : DriverBench(std::move(with)) {}

  bool ask_once(TimePoint now = kStart) { return ask(Asked(MessageBuilder("www.example.")), now); }

  void fail(std::size_t index, error_code error, TimePoint now) {
    driver.on_failure(network.sent[index].key, error, now);
  }

  /// Of the upstream configured as number `upstream`, from 1.
  void expect_flights_add_up() const {
    EXPECT_EQ(count(Counter::FlightsStarted) - count(Counter::FlightsFinished), driver.flights());
  }
};

TEST(PlanDriverMetrics, AFlightThatCollectsFromAll) {
  Bench bench(5);
  EXPECT_TRUE(bench.ask_once());
  bench.expect_flights_add_up();
  EXPECT_EQ(bench.driver.flights(), 1U);
  EXPECT_EQ(bench.count(Counter::LaunchesActiveTier), 2U);
  EXPECT_EQ(bench.count(Counter::BackgroundQueries), 0U);

  bench.reply(0, good_reply(), kStart + 10ms);
  EXPECT_EQ(bench.count(Counter::AnswersActiveTier), 1U);
  EXPECT_EQ(bench.count(Counter::BackgroundQueries), 1U) << "the other one of the active tier";
  bench.driver.on_deadline(kStart + 50ms);
  bench.driver.on_deadline(kStart + 100ms);
  ASSERT_EQ(bench.network.sent.size(), 5U);
  EXPECT_EQ(bench.count(Counter::SecondTierAfterReply), 1U);
  EXPECT_EQ(bench.count(Counter::LaunchesSecondTier), 3U);
  EXPECT_EQ(bench.count(Counter::BackgroundQueries), 4U);

  for (std::size_t i = 1; i < 4; ++i)
    bench.reply(i, good_reply(), kStart + 200ms);
  bench.reply(4, failure(), kStart + 200ms);
  EXPECT_EQ(bench.count(Counter::BackgroundReplies), 3U) << "usable ones";
  bench.expect_flights_add_up();
  EXPECT_EQ(bench.driver.flights(), 0U);
  EXPECT_EQ(bench.count(Counter::AnswersActiveTier), 1U);
  EXPECT_EQ(bench.count(Counter::AnswersSecondTier) + bench.count(Counter::AnswersFailed), 0U);
  EXPECT_EQ(bench.count(Counter::LaunchesProbe), 0U);
  EXPECT_EQ(bench.counters.launch_peak(), 2U);

  for (std::size_t upstream = 1; upstream <= 5; ++upstream) {
    const auto counted = bench.of(upstream);
    EXPECT_EQ(counted[UpstreamCounter::QueriesActiveTier], upstream <= 2 ? 1U : 0U) << upstream;
    EXPECT_EQ(counted[UpstreamCounter::QueriesSecondTier], upstream > 2 ? 1U : 0U) << upstream;
    EXPECT_EQ(counted[UpstreamCounter::RepliesUsable], upstream < 5 ? 1U : 0U) << upstream;
    EXPECT_EQ(counted[UpstreamCounter::RepliesFailure], upstream == 5 ? 1U : 0U) << upstream;
    EXPECT_EQ(counted[UpstreamCounter::Wins], upstream == 1 ? 1U : 0U) << upstream;
    EXPECT_EQ(counted[UpstreamCounter::Silences] + counted[UpstreamCounter::NetworkErrors], 0U) << upstream;
  }
}

TEST(PlanDriverMetrics, TheSecondTierAnswersWhereTheActiveOneFails) {
  Bench bench(3);
  EXPECT_TRUE(bench.ask_once());
  bench.fail(0, refused(), kStart + 1ms);
  bench.fail(1, refused(), kStart + 2ms);
  EXPECT_EQ(bench.count(Counter::SecondTierAfterFailure), 1U);
  bench.reply(2, good_reply(), kStart + 20ms);
  EXPECT_EQ(bench.count(Counter::AnswersSecondTier), 1U);
  EXPECT_EQ(bench.count(Counter::AnswersActiveTier), 0U);
  EXPECT_EQ(bench.count(Counter::BackgroundQueries), 0U);
  EXPECT_EQ(bench.of(1)[UpstreamCounter::NetworkErrors], 1U);
  EXPECT_EQ(bench.of(2)[UpstreamCounter::NetworkErrors], 1U);
  EXPECT_EQ(bench.of(3)[UpstreamCounter::NetworkErrors], 0U);
  EXPECT_EQ(bench.of(3)[UpstreamCounter::Wins], 1U);
  bench.expect_flights_add_up();
}

TEST(PlanDriverMetrics, WhereAllFailTheAnswerIsAFailure) {
  Bench bench(2);
  EXPECT_TRUE(bench.ask_once());
  bench.reply(0, failure(), kStart + 1ms);
  bench.reply(1, failure(), kStart + 2ms);
  EXPECT_EQ(bench.count(Counter::AnswersFailed), 1U);
  EXPECT_EQ(bench.count(Counter::AnswersActiveTier) + bench.count(Counter::AnswersSecondTier), 0U);
  EXPECT_EQ(bench.of(1)[UpstreamCounter::RepliesFailure], 1U);
  EXPECT_EQ(bench.of(1)[UpstreamCounter::Wins] + bench.of(2)[UpstreamCounter::Wins], 0U);
  bench.expect_flights_add_up();
}

TEST(PlanDriverMetrics, SilentIsWhoHadTheTimeToReply) {
  auto settings = test::settings_with(3);
  settings->plan.fallback_timeout = 2900ms;
  Bench bench(settings);
  EXPECT_TRUE(bench.ask_once());
  bench.driver.on_deadline(kStart + 2900ms);
  EXPECT_EQ(bench.count(Counter::SecondTierAfterTimeout), 1U);
  bench.driver.on_deadline(kStart + 3s);
  EXPECT_EQ(bench.of(1)[UpstreamCounter::Silences], 1U);
  EXPECT_EQ(bench.of(2)[UpstreamCounter::Silences], 1U);
  EXPECT_EQ(bench.of(3)[UpstreamCounter::QueriesSecondTier], 1U);
  EXPECT_EQ(bench.of(3)[UpstreamCounter::Silences], 0U) << "asked 100 ms before the end";
  EXPECT_EQ(bench.count(Counter::AnswersFailed), 1U);

  const auto attempts = bench.driver.recent_flights(1).at(0)->attempts;
  EXPECT_EQ(attempts[0].outcome, AttemptOutcome::NoReply);
  EXPECT_EQ(attempts[2].outcome, AttemptOutcome::Abandoned);
}

TEST(PlanDriverMetrics, RetransmissionsAndRetriesAreNoFurtherQuestions) {
  Bench bench(1);
  EXPECT_TRUE(bench.ask_once());
  bench.driver.on_deadline(kStart + 400ms);
  ASSERT_EQ(bench.network.sent.size(), 2U);
  bench.reply(1, MessageBuilder("www.example.").response(dns::Rcode::FormErr), kStart + 410ms);
  ASSERT_EQ(bench.network.sent.size(), 3U) << "without EDNS";
  bench.reply(2, MessageBuilder("www.example.").response().add_flags(dns::kTc), kStart + 420ms);
  ASSERT_EQ(bench.network.sent.size(), 4U) << "over TCP";
  bench.reply(3, good_reply(), kStart + 430ms);
  const auto counted = bench.of(1);
  EXPECT_EQ(counted[UpstreamCounter::QueriesActiveTier], 1U);
  EXPECT_EQ(counted[UpstreamCounter::Retransmissions], 1U);
  EXPECT_EQ(counted[UpstreamCounter::RepliesNoEdns], 1U);
  EXPECT_EQ(counted[UpstreamCounter::RepliesTruncated], 1U);
  EXPECT_EQ(counted[UpstreamCounter::RepliesUsable], 1U);
  EXPECT_EQ(counted[UpstreamCounter::RepliesFailure], 0U);
  EXPECT_EQ(bench.count(Counter::LaunchesActiveTier), 1U);
  EXPECT_EQ(bench.count(Counter::UpstreamQueries), 4U);

  const auto attempt = bench.driver.recent_flights(1).at(0)->attempts.at(0);
  EXPECT_EQ(attempt.retransmissions, 1U);
  EXPECT_TRUE(attempt.over_tcp);
  EXPECT_FALSE(attempt.with_edns);
}

TEST(PlanDriverMetrics, AProbeIsNoQuestionOfATier) {
  auto settings = test::settings_with(3);
  test::take_down(*settings->upstreams[1].health, kStart - 1min);
  Bench bench(settings);
  EXPECT_TRUE(bench.ask_once());
  bench.reply(0, good_reply(), kStart + 10ms);
  bench.driver.on_deadline(kStart + 50ms);
  ASSERT_EQ(bench.network.sent.size(), 3U);
  EXPECT_EQ(bench.count(Counter::LaunchesProbe), 1U);
  EXPECT_EQ(bench.count(Counter::LaunchesSecondTier), 0U);
  EXPECT_EQ(bench.of(2)[UpstreamCounter::QueriesProbe], 1U);
  EXPECT_EQ(bench.of(2)[UpstreamCounter::QueriesSecondTier], 0U);
}

TEST(PlanDriverMetrics, EveryUsableReplyIsMeasuredTheLateOnesToo) {
  Bench bench(3);
  EXPECT_TRUE(bench.ask_once());
  bench.reply(0, good_reply(), kStart + 20ms);
  bench.driver.on_deadline(kStart + 50ms);
  bench.reply(2, failure(), kStart + 60ms);
  bench.reply(1, good_reply(), kStart + 2500ms);
  EXPECT_EQ(bench.of(1).rtt.count(), 1U);
  EXPECT_EQ(bench.of(1).rtt.sum_us, 20'000U);
  EXPECT_EQ(bench.of(2).rtt.count(), 1U);
  EXPECT_EQ(bench.of(2).rtt.sum_us, 2'500'000U);
  EXPECT_EQ(bench.of(3).rtt.count(), 0U) << "a failure";
}

TEST(PlanDriverMetrics, ARoundTripBeginsWithTheTransmissionThatIsAnswered) {
  Bench bench(1);
  EXPECT_TRUE(bench.ask_once());
  bench.driver.on_deadline(kStart + 400ms);
  bench.reply(1, good_reply(), kStart + 430ms);
  EXPECT_EQ(bench.of(1).rtt.sum_us, 30'000U);

  Bench truncated(1);
  EXPECT_TRUE(truncated.ask_once());
  truncated.reply(0, MessageBuilder("www.example.").response().add_flags(dns::kTc), kStart + 20ms);
  truncated.reply(1, good_reply(), kStart + 90ms);
  EXPECT_EQ(truncated.of(1).rtt.count(), 1U);
  EXPECT_EQ(truncated.of(1).rtt.sum_us, 20'000U) << "over UDP";
}

TEST(PlanDriverMetrics, WhatWeLackOurselvesIsNoErrorOfTheNetwork) {
  const auto local = make_error_code(boost::system::errc::too_many_files_open);
  Bench bench(2);
  EXPECT_TRUE(bench.ask_once());
  bench.fail(0, local, kStart + 1ms);
  bench.fail(1, refused(), kStart + 1ms);
  EXPECT_EQ(bench.of(1)[UpstreamCounter::NetworkErrors], 0U);
  EXPECT_EQ(bench.of(2)[UpstreamCounter::NetworkErrors], 1U);

  Bench sending(2);
  sending.network.errors["192.0.2.1"] = local;
  sending.network.errors["192.0.2.2"] = make_error_code(boost::asio::error::network_unreachable);
  EXPECT_TRUE(sending.ask_once());
  EXPECT_EQ(sending.of(1)[UpstreamCounter::NetworkErrors], 0U);
  EXPECT_EQ(sending.of(2)[UpstreamCounter::NetworkErrors], 1U);
}

TEST(PlanDriverMetrics, ThePeakIsOfOneQuestionAndAReloadForgetsIt) {
  Bench bench(5);
  EXPECT_TRUE(bench.ask_once());
  EXPECT_TRUE(bench.ask(Asked(MessageBuilder("other.example."))));
  EXPECT_EQ(bench.network.sent.size(), 4U);
  EXPECT_EQ(bench.counters.launch_peak(), 2U) << "two for each";
  bench.driver.apply(bench.settings);
  EXPECT_EQ(bench.counters.launch_peak(), 0U);
  bench.driver.on_deadline(kStart + 300ms);
  EXPECT_EQ(bench.counters.launch_peak(), 2U);
}

TEST(PlanDriverMetrics, ThePeakIsOfQueriesThatHaveLeft) {
  Bench bench(5);
  for (int i = 1; i <= 4; ++i) {
    bench.network.errors["192.0.2." + std::to_string(i)] =
        make_error_code(boost::asio::error::network_unreachable);
  }
  EXPECT_TRUE(bench.ask_once());
  ASSERT_EQ(bench.network.sent.size(), 1U);
  EXPECT_EQ(bench.network.sent[0].to, "192.0.2.5");
  EXPECT_EQ(bench.counters.launch_peak(), 1U);
}

TEST(PlanDriverMetrics, AFlightThatGivesWayIsFinishedToo) {
  auto settings = test::settings_with(2);
  settings->forward.inflight_queries = 1;
  Bench bench(settings);
  EXPECT_TRUE(bench.ask_once());
  bench.reply(0, good_reply(), kStart + 1ms);
  EXPECT_TRUE(bench.ask(Asked(MessageBuilder("other.example.")), kStart + 2ms));
  EXPECT_EQ(bench.count(Counter::FlightsGivenUp), 1U);
  EXPECT_EQ(bench.count(Counter::FlightsStarted), 2U);
  EXPECT_EQ(bench.count(Counter::FlightsFinished), 1U);
  bench.expect_flights_add_up();
  EXPECT_EQ(bench.of(2)[UpstreamCounter::Silences], 0U);
}

TEST(PlanDriverMetrics, EachWorkerCountsInAPartOfItsOwn) {
  auto settings = test::settings_with(1);
  test::DriverBench first(settings, {.worker = 0, .workers = 2});
  test::DriverBench second(settings, {.worker = 1, .workers = 2});
  const Asked asked(MessageBuilder("www.example."));
  EXPECT_TRUE(first.ask(asked));
  EXPECT_TRUE(second.ask(asked));
  EXPECT_TRUE(second.ask(Asked(MessageBuilder("other.example."))));
  auto& totals = *settings->upstreams[0].totals;
  EXPECT_EQ(totals.of_worker(0).get(UpstreamCounter::QueriesActiveTier), 1U);
  EXPECT_EQ(totals.of_worker(1).get(UpstreamCounter::QueriesActiveTier), 2U);
}

}  // namespace
}  // namespace pacedns::forward
