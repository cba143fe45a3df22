#include <string>

#include <boost/asio/error.hpp>
#include <gmock/gmock.h>

#include "pacedns/forward/plan_driver.hpp"

#include "unit/forward/forwarding.hpp"

// Replies that look forged, and upstreams that do not keep the letter case.

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;
using metrics::Counter;
using test::Asked;
using test::kStart;
using test::MessageBuilder;
using upstream::Spelling;
using upstream::SuspicionReason;

struct Bench : test::DriverBench {
  explicit Bench(std::shared_ptr<Settings> with = test::settings_with(1)) : DriverBench(std::move(with)) {
    EXPECT_TRUE(ask(Asked(MessageBuilder("www.example."))));
  }

  void suspect(std::size_t index, SuspicionReason reason, TimePoint now = kStart + 10ms) {
    driver.on_suspicion({network.sent[index].key, reason}, now);
  }
  void fail(std::size_t index) {
    driver.on_failure(network.sent[index].key, make_error_code(boost::asio::error::connection_refused),
                      kStart + 20ms);
  }
  void answer(std::size_t index, TimePoint now = kStart + 30ms) {
    reply(index, MessageBuilder("www.example.").response().answer("www.example. 300 IN A 192.0.2.1"), now);
    EXPECT_EQ(answers.told.size(), 1U);
  }

  [[nodiscard]] const health::UpstreamHealth& health() const { return *settings->upstreams[0].health; }
};

TEST(PlanDriverSuspicion, UpstreamsAreAskedInRandomLetterCaseUnlessItIsOff) {
  EXPECT_EQ(Bench().network.sent[0].spelling, Spelling::Random);
  const auto settings = test::settings_with(1);
  settings->forward.case_randomization = CaseRandomization::Off;
  EXPECT_EQ(Bench(settings).network.sent[0].spelling, Spelling::AsIs);
}

TEST(PlanDriverSuspicion, NearMissesTakeTheAttemptToTcp) {
  Bench bench;
  bench.suspect(0, SuspicionReason::NearMisses);
  ASSERT_EQ(bench.network.sent.size(), 2U);
  EXPECT_TRUE(bench.network.sent[0].cancelled);
  EXPECT_EQ(bench.network.sent[1].to, "192.0.2.1/tcp");
  EXPECT_EQ(bench.network.sent[1].spelling, Spelling::AsIs);
  EXPECT_EQ(bench.count(Counter::UpstreamSuspicions), 1U);
  bench.answer(1);
  EXPECT_TRUE(bench.health().keeps_letter_case());
  EXPECT_FALSE(bench.health().smoothed_rtt()) << "whoever forges must not make it look slow";
}

TEST(PlanDriverSuspicion, AForgedLetterCaseIsFoundOutOverTcp) {
  Bench bench;
  bench.suspect(0, SuspicionReason::LetterCase);
  EXPECT_EQ(bench.network.sent[1].to, "192.0.2.1/tcp");
  EXPECT_EQ(bench.network.sent[1].spelling, Spelling::Random);
  bench.answer(1);
  EXPECT_TRUE(bench.health().keeps_letter_case());
  EXPECT_EQ(bench.health().smoothed_rtt(), 10ms) << "of the path, without the handshake";
}

TEST(PlanDriverSuspicion, AnUpstreamThatLosesTheLetterCaseIsKnownFromThenOn) {
  Bench bench;
  bench.suspect(0, SuspicionReason::LetterCase);
  bench.suspect(1, SuspicionReason::LetterCase);
  EXPECT_FALSE(bench.health().keeps_letter_case());
  bench.answer(1);
  EXPECT_TRUE(bench.ask(Asked(MessageBuilder("other.example."))));
  EXPECT_EQ(bench.network.sent[2].to, "192.0.2.1");
  EXPECT_EQ(bench.network.sent[2].spelling, Spelling::AsIs);
  EXPECT_EQ(bench.count(Counter::UpstreamSuspicions), 1U);
}

TEST(PlanDriverSuspicion, WithoutTcpTheQuestionGoesBackToUdpInLowerCase) {
  Bench bench;
  bench.suspect(0, SuspicionReason::LetterCase);
  bench.fail(1);
  ASSERT_EQ(bench.network.sent.size(), 3U);
  EXPECT_EQ(bench.network.sent[2].to, "192.0.2.1");
  EXPECT_EQ(bench.network.sent[2].spelling, Spelling::AsIs);
  bench.answer(2);
  EXPECT_EQ(bench.health().state(), health::State::Up);
  EXPECT_EQ(bench.count(Counter::UpstreamFailures), 0U);
  EXPECT_TRUE(bench.health().keeps_letter_case()) << "it may have been one forgery";
}

/// One question in doubt that TCP tells nothing about.
void doubt(Bench& bench, const char* name, SuspicionReason reason = SuspicionReason::LetterCase) {
  const std::size_t first = bench.network.sent.size();
  ASSERT_TRUE(bench.ask(Asked(MessageBuilder(name))));
  bench.suspect(first, reason);
  bench.fail(first + 1);
}

TEST(PlanDriverSuspicion, WithoutTcpTheUpstreamIsNotBlamed) {
  for (const auto reason : {SuspicionReason::LetterCase, SuspicionReason::NearMisses}) {
    Bench bench;
    for (std::uint32_t i = 0; i < health::kSuspectAfter; ++i)
      doubt(bench, ("n" + std::to_string(i) + ".example.").c_str(), reason);
    EXPECT_EQ(bench.health().state(), health::State::Up);
    EXPECT_EQ(bench.of(1)[metrics::UpstreamCounter::NetworkErrors], 0U);
  }
}

TEST(PlanDriverSuspicion, WithoutTcpNearMissesCostNothing) {
  Bench bench;
  bench.suspect(0, SuspicionReason::NearMisses);
  bench.fail(1);
  ASSERT_EQ(bench.network.sent.size(), 3U);
  EXPECT_EQ(bench.network.sent[2].to, "192.0.2.1");
  EXPECT_EQ(bench.network.sent[2].spelling, Spelling::Random);
  bench.suspect(2, SuspicionReason::NearMisses, kStart + 25ms);
  EXPECT_EQ(bench.network.sent.size(), 3U) << "TCP has been tried";
  bench.answer(2);
  EXPECT_EQ(bench.health().state(), health::State::Up);
  EXPECT_EQ(bench.count(Counter::UpstreamFailures), 0U);
}

TEST(PlanDriverSuspicion, BothReasonsOneAfterTheOther) {
  Bench bench;
  bench.suspect(0, SuspicionReason::NearMisses);
  bench.fail(1);
  bench.suspect(2, SuspicionReason::LetterCase, kStart + 25ms);
  EXPECT_EQ(bench.network.sent.at(3).to, "192.0.2.1/tcp");
  bench.fail(3);
  EXPECT_EQ(bench.network.sent.at(4).spelling, Spelling::AsIs);
  bench.answer(4);
  EXPECT_EQ(bench.count(Counter::UpstreamSuspicions), 2U);
}

TEST(PlanDriverSuspicion, TheSameWhereTcpCannotEvenBeTried) {
  Bench bench;
  bench.network.errors["192.0.2.1/tcp"] = make_error_code(boost::asio::error::network_unreachable);
  bench.suspect(0, SuspicionReason::LetterCase);
  ASSERT_EQ(bench.network.sent.size(), 2U);
  EXPECT_EQ(bench.network.sent[1].spelling, Spelling::AsIs);
  bench.answer(1);
}

TEST(PlanDriverSuspicion, ASilentTcpIsNotWaitedForToTheEnd) {
  Bench bench;
  bench.suspect(0, SuspicionReason::LetterCase);
  const TimePoint due = kStart + 10ms + 3 * health::kInitialRetransmissionTime;
  bench.driver.on_deadline(kStart + health::kInitialRetransmissionTime);
  EXPECT_EQ(bench.driver.next_deadline(), due);
  bench.driver.on_deadline(due);
  ASSERT_EQ(bench.network.sent.size(), 3U);
  EXPECT_TRUE(bench.network.sent[1].cancelled);
  EXPECT_EQ(bench.network.sent[2].to, "192.0.2.1");
  EXPECT_EQ(bench.network.sent[2].spelling, Spelling::AsIs);
  bench.driver.on_deadline(due + health::kInitialRetransmissionTime * 2);
  ASSERT_EQ(bench.network.sent.size(), 4U) << "it is retransmitted like any other";
  EXPECT_EQ(bench.network.sent[3].spelling, Spelling::AsIs);
  bench.answer(3, due + 1s);
  EXPECT_EQ(bench.health().state(), health::State::Up) << "over UDP it is there";
}

TEST(PlanDriverSuspicion, WhereAConnectionStandsTcpHasASecondChance) {
  Bench bench;
  bench.suspect(0, SuspicionReason::NearMisses);
  bench.network.tcp_connected = true;
  const TimePoint first = kStart + 10ms + 3 * health::kInitialRetransmissionTime;
  bench.driver.on_deadline(first);
  ASSERT_EQ(bench.network.sent.size(), 2U);
  EXPECT_FALSE(bench.network.sent[1].cancelled);
  const TimePoint second = bench.driver.next_deadline();
  EXPECT_EQ(second, first + (kStart + 3s - first) / 2) << "half of what is left";
  bench.driver.on_deadline(second);
  ASSERT_EQ(bench.network.sent.size(), 3U) << "nobody reads from it";
  EXPECT_EQ(bench.network.sent[2].to, "192.0.2.1");
  bench.answer(2, second + 10ms);
}

TEST(PlanDriverSuspicion, ADoubtAfterARetransmissionIsInTimeToo) {
  Bench bench;
  bench.driver.on_deadline(kStart + 400ms);
  bench.driver.on_deadline(kStart + 1200ms);
  ASSERT_EQ(bench.network.sent.size(), 3U);
  bench.suspect(2, SuspicionReason::LetterCase, kStart + 1300ms);
  EXPECT_EQ(bench.driver.next_deadline(), kStart + 2150ms) << "half of what is left";
}

TEST(PlanDriverSuspicion, AReplyWithoutLettersSaysNothingAboutThem) {
  Bench bench;
  bench.answer(0);
  doubt(bench, "one.example.");
  doubt(bench, "two.example.");
  const std::size_t root = bench.network.sent.size();
  ASSERT_TRUE(bench.ask(Asked(MessageBuilder(".", dns::RrType::Ns))));
  bench.reply(root, MessageBuilder(".", dns::RrType::Ns).response().answer(". 300 IN NS a.example."),
              kStart + 30ms);
  doubt(bench, "three.example.");
  EXPECT_FALSE(bench.health().keeps_letter_case());
}

TEST(PlanDriverSuspicion, WhatCouldNotBeSentAgainIsNoSilence) {
  Bench bench;
  bench.suspect(0, SuspicionReason::NearMisses);
  bench.network.errors["192.0.2.1"] = make_error_code(boost::asio::error::no_descriptors);
  bench.driver.on_deadline(kStart + 10ms + 3 * health::kInitialRetransmissionTime);
  bench.driver.on_deadline(kStart + 3s);
  ASSERT_EQ(bench.answers.told.size(), 1U);
  EXPECT_EQ(bench.of(1)[metrics::UpstreamCounter::Silences], 0U);
}

TEST(PlanDriverSuspicion, DoubtsInARowAreTakenForTheUpstreams) {
  Bench bench;
  bench.answer(0);
  doubt(bench, "one.example.");
  doubt(bench, "two.example.");
  EXPECT_TRUE(bench.health().keeps_letter_case());
  doubt(bench, "three.example.");
  EXPECT_FALSE(bench.health().keeps_letter_case());
}

TEST(PlanDriverSuspicion, AReplyInOurLetterCaseEndsTheRow) {
  Bench bench;
  doubt(bench, "one.example.");
  doubt(bench, "two.example.");
  bench.answer(0);
  doubt(bench, "three.example.");
  EXPECT_TRUE(bench.health().keeps_letter_case());
}

TEST(PlanDriverSuspicion, WhatWeLackOurselvesSaysNothingAboutTheUpstream) {
  Bench bench;
  bench.answer(0);
  bench.network.errors["192.0.2.1/tcp"] = make_error_code(boost::asio::error::no_descriptors);
  for (const char* const name : {"one.example.", "two.example.", "three.example."}) {
    ASSERT_TRUE(bench.ask(Asked(MessageBuilder(name))));
    bench.suspect(bench.network.sent.size() - 1, SuspicionReason::LetterCase);
    EXPECT_EQ(bench.network.sent.back().spelling, Spelling::AsIs);
  }
  EXPECT_TRUE(bench.health().keeps_letter_case());
}

TEST(PlanDriverSuspicion, ADoubtThatLastsToTheEndCountsToo) {
  Bench bench(test::settings_with(2));
  for (const char* const name : {"one.example.", "two.example.", "three.example."}) {
    const std::size_t first = bench.network.sent.size();
    ASSERT_TRUE(bench.ask(Asked(MessageBuilder(name))));
    bench.suspect(first, SuspicionReason::LetterCase);
  }
  bench.driver.on_deadline(kStart + 3s);
  EXPECT_FALSE(bench.health().keeps_letter_case());
  EXPECT_EQ(bench.health().state(), health::State::Up);
}

TEST(PlanDriverSuspicion, WhatNobodyWaitsForChangesNothing) {
  Bench bench;
  bench.answer(0);
  bench.suspect(0, SuspicionReason::LetterCase, kStart + 40ms);
  EXPECT_EQ(bench.network.sent.size(), 1U);
  EXPECT_EQ(bench.count(Counter::UpstreamSuspicions), 0U);
}

}  // namespace
}  // namespace pacedns::forward
