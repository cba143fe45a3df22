#include "pacedns/health/upstream_health.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include <gtest/gtest.h>

namespace pacedns::health {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{1h};
constexpr std::uint32_t kMidway = 0x80000000;  // neither shortens nor lengthens a pause
constexpr std::uint32_t kMost = std::numeric_limits<std::uint32_t>::max();

void fail(UpstreamHealth& health, std::uint32_t times, TimePoint now = kNow) {
  for (std::uint32_t i = 0; i < times; ++i)
    health.on_failure(now, kMidway);
}

void expect_change(const std::optional<Transition>& change, State from, State to) {
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->from, from);
  EXPECT_EQ(change->to, to);
}

// Measuring

TEST(UpstreamHealth, KnowsNothingAtFirst) {
  const UpstreamHealth health;
  EXPECT_EQ(health.state(), State::Up);
  EXPECT_EQ(health.smoothed_rtt(), std::nullopt);
  EXPECT_EQ(health.retransmission_time(), kInitialRetransmissionTime);
}

// R = 200 ms: SRTT = R, RTTVAR = R/2, and the time is SRTT + 4 RTTVAR (RFC 6298 §2.2).
TEST(UpstreamHealth, TheFirstMeasurementIsTakenWhole) {
  UpstreamHealth health;
  health.on_success(200ms);
  EXPECT_EQ(health.smoothed_rtt(), 200ms);
  EXPECT_EQ(health.retransmission_time(), 600ms);
}

// R' = 280 ms: RTTVAR = 3/4 × 100 + 1/4 × |200 − 280| = 95, SRTT = 7/8 × 200 + 1/8 × 280 = 210 (§2.3), and
// then R' = 130 ms: RTTVAR = 3/4 × 95 + 1/4 × |210 − 130| = 91.25, SRTT = 7/8 × 210 + 1/8 × 130 = 200.
TEST(UpstreamHealth, LaterMeasurementsAreSmoothed) {
  UpstreamHealth health;
  health.on_success(200ms);
  health.on_success(280ms);
  EXPECT_EQ(health.smoothed_rtt(), 210ms);
  EXPECT_EQ(health.retransmission_time(), 590ms);
  health.on_success(130ms);
  EXPECT_EQ(health.smoothed_rtt(), 200ms);
  EXPECT_EQ(health.retransmission_time(), 565ms);
}

TEST(UpstreamHealth, RetransmissionTimeHasLimits) {
  UpstreamHealth fast;
  for (int i = 0; i < 50; ++i)
    fast.on_success(1ms);
  EXPECT_EQ(fast.retransmission_time(), kMinRetransmissionTime);
  UpstreamHealth slow;
  slow.on_success(5s);
  EXPECT_EQ(slow.retransmission_time(), kMaxRetransmissionTime);
}

TEST(UpstreamHealth, ASteadyRttComesOutAsItIs) {
  UpstreamHealth health;
  health.on_success(400ms);
  for (int i = 0; i < 200; ++i)
    health.on_success(250ms);
  EXPECT_NEAR(static_cast<double>(health.smoothed_rtt()->count()), 250e6, 10e3);
  EXPECT_NEAR(static_cast<double>(health.retransmission_time().count()), 250e6, 50e3);
}

TEST(UpstreamHealth, AbsurdMeasurementsDoNoHarm) {
  UpstreamHealth health;
  health.on_success(-5ms);
  ASSERT_TRUE(health.smoothed_rtt().has_value());
  EXPECT_GT(health.smoothed_rtt(), 0ns);
  health.on_success(0ns);
  health.on_success(std::chrono::hours(1000));
  health.on_success(std::chrono::hours(1000));
  EXPECT_GT(health.smoothed_rtt(), 0ns);
  EXPECT_EQ(health.retransmission_time(), kMaxRetransmissionTime);
}

TEST(UpstreamHealth, FailuresAndSilenceMeasureNothing) {
  UpstreamHealth health;
  health.on_success(200ms);
  health.on_silence();
  health.on_soft_failure();
  health.on_failure(kNow, kMidway);
  EXPECT_EQ(health.smoothed_rtt(), 200ms);
  EXPECT_EQ(health.retransmission_time(), 600ms);
}

// Suspect

TEST(UpstreamHealth, SilenceInARowMakesSuspectAndOneReplyMendsIt) {
  UpstreamHealth health;
  for (std::uint32_t i = 1; i < kSuspectAfter; ++i)
    EXPECT_FALSE(health.on_silence().has_value());
  EXPECT_EQ(health.state(), State::Up);
  expect_change(health.on_silence(), State::Up, State::Suspect);
  EXPECT_FALSE(health.on_silence().has_value());
  expect_change(health.on_success(20ms), State::Suspect, State::Up);
  EXPECT_EQ(health.state(), State::Up);
}

TEST(UpstreamHealth, AReplyInBetweenStartsTheCountAnew) {
  UpstreamHealth health;
  for (int round = 0; round < 10; ++round) {
    for (std::uint32_t i = 1; i < kSuspectAfter; ++i)
      EXPECT_FALSE(health.on_silence().has_value());
    EXPECT_FALSE(health.on_success(20ms).has_value());
  }
}

TEST(UpstreamHealth, SilenceAloneNeverTakesItDown) {
  UpstreamHealth health;
  for (int i = 0; i < 1000; ++i)
    health.on_silence();
  EXPECT_EQ(health.state(), State::Suspect);
}

TEST(UpstreamHealth, UnhelpfulRepliesNeverTakeItDown) {
  UpstreamHealth health;
  for (int i = 0; i < 1000; ++i)
    health.on_soft_failure();
  EXPECT_EQ(health.state(), State::Suspect);
  expect_change(health.on_success(20ms), State::Suspect, State::Up);
}

TEST(UpstreamHealth, AnUnhelpfulReplyEndsARowOfFailures) {
  UpstreamHealth health;
  for (int round = 0; round < 10; ++round) {
    fail(health, kDownAfter - 1);
    health.on_soft_failure();
    EXPECT_NE(health.state(), State::Down);
  }
}

// Down

TEST(UpstreamHealth, FailuresInARowTakeItDownByWayOfSuspect) {
  UpstreamHealth health;
  fail(health, kSuspectAfter - 1);
  EXPECT_EQ(health.state(), State::Up);
  expect_change(health.on_failure(kNow, kMidway), State::Up, State::Suspect);
  fail(health, kDownAfter - kSuspectAfter - 1);
  EXPECT_EQ(health.state(), State::Suspect);
  expect_change(health.on_failure(kNow, kMidway), State::Suspect, State::Down);
  EXPECT_FALSE(health.on_failure(kNow, kMidway).has_value());
}

TEST(UpstreamHealth, AReplyInBetweenKeepsItFromGoingDown) {
  UpstreamHealth health;
  fail(health, kDownAfter - 1);
  health.on_success(20ms);
  fail(health, kDownAfter - 1);
  EXPECT_NE(health.state(), State::Down);
}

TEST(UpstreamHealth, SilenceLeavesADownUpstreamDown) {
  UpstreamHealth health;
  fail(health, kDownAfter);
  for (int i = 0; i < 10; ++i)
    EXPECT_FALSE(health.on_silence().has_value());
  EXPECT_EQ(health.state(), State::Down);
}

// Whoever says REFUSED is there.
TEST(UpstreamHealth, AnUnhelpfulReplyDoesNotBringADownUpstreamBack) {
  UpstreamHealth health;
  fail(health, kDownAfter);
  EXPECT_FALSE(health.on_soft_failure().has_value());
  EXPECT_EQ(health.state(), State::Down);
}

// Probes

TEST(UpstreamHealth, OnlyADownUpstreamIsProbed) {
  UpstreamHealth health;
  EXPECT_FALSE(health.try_begin_probe(kNow + 1h));
  fail(health, kDownAfter - 1);
  EXPECT_FALSE(health.try_begin_probe(kNow + 1h));
}

TEST(UpstreamHealth, TheFirstProbeWaitsForItsPause) {
  UpstreamHealth health;
  fail(health, kDownAfter);
  EXPECT_FALSE(health.try_begin_probe(kNow));
  EXPECT_FALSE(health.try_begin_probe(kNow + kFirstProbePause - 1us));
  EXPECT_TRUE(health.try_begin_probe(kNow + kFirstProbePause));
}

TEST(UpstreamHealth, OneProbeAtATime) {
  UpstreamHealth health;
  fail(health, kDownAfter);
  EXPECT_TRUE(health.try_begin_probe(kNow + 2s));
  EXPECT_FALSE(health.try_begin_probe(kNow + 2s));
  EXPECT_FALSE(health.try_begin_probe(kNow + 1h));
  health.end_probe();
  EXPECT_TRUE(health.try_begin_probe(kNow + 1h));
}

/// How long after a failed probe, at `now`, the next one may go; to the microsecond.
Duration pause_after_failed_probe(UpstreamHealth& health, TimePoint now, std::uint32_t random) {
  EXPECT_TRUE(health.try_begin_probe(now));
  health.on_probe_failure(now, random);
  health.end_probe();
  Duration low = 0s;
  Duration high = 2 * kLastProbePause;
  while (high - low > 1us) {
    const Duration middle = (low + high) / 2;
    const bool open = health.try_begin_probe(now + middle);
    if (open) health.end_probe();
    (open ? high : low) = middle;
  }
  return high;
}

TEST(UpstreamHealth, FailedProbesDoubleThePauseUpToItsLimit) {
  UpstreamHealth health;
  fail(health, kDownAfter);
  TimePoint now = kNow + kFirstProbePause;
  for (const Duration expected : {2s, 4s, 8s, 16s, 30s, 30s, 30s}) {
    const Duration pause = pause_after_failed_probe(health, now, kMidway);
    EXPECT_NEAR(static_cast<double>(pause.count()), static_cast<double>(expected.count()), 2e3);
    now += pause;
  }
}

TEST(UpstreamHealth, PausesAreSpreadByAQuarter) {
  UpstreamHealth least;
  fail(least, kDownAfter);
  const Duration shortest = pause_after_failed_probe(least, kNow + 1h, 0);
  EXPECT_NEAR(static_cast<double>(shortest.count()), 1.5e9, 2e3);
  UpstreamHealth most;
  fail(most, kDownAfter);
  const Duration longest = pause_after_failed_probe(most, kNow + 1h, kMost);
  EXPECT_NEAR(static_cast<double>(longest.count()), 2.5e9, 2e3);
}

TEST(UpstreamHealth, TheFirstPauseIsSpreadToo) {
  UpstreamHealth health;
  for (std::uint32_t i = 0; i < kDownAfter; ++i)
    health.on_failure(kNow, 0);
  EXPECT_FALSE(health.try_begin_probe(kNow + 749ms));
  EXPECT_TRUE(health.try_begin_probe(kNow + 750ms));
}

TEST(UpstreamHealth, StragglersDoNotPutOffTheProbe) {
  UpstreamHealth health;
  fail(health, kDownAfter);
  fail(health, 20, kNow + 900ms);
  EXPECT_TRUE(health.try_begin_probe(kNow + kFirstProbePause));
}

TEST(UpstreamHealth, AGoodReplyBringsItBackAndThePauseBackToTheFirst) {
  UpstreamHealth health;
  fail(health, kDownAfter);
  pause_after_failed_probe(health, kNow + 1h, kMidway);
  pause_after_failed_probe(health, kNow + 2h, kMidway);
  ASSERT_TRUE(health.try_begin_probe(kNow + 3h));
  expect_change(health.on_success(20ms), State::Down, State::Up);
  health.end_probe();
  EXPECT_FALSE(health.try_begin_probe(kNow + 4h));

  fail(health, kDownAfter - 1, kNow + 5h);
  EXPECT_EQ(health.state(), State::Suspect);
  fail(health, 1, kNow + 5h);
  EXPECT_EQ(health.state(), State::Down);
  EXPECT_FALSE(health.try_begin_probe(kNow + 5h + kFirstProbePause - 1us));
  EXPECT_TRUE(health.try_begin_probe(kNow + 5h + kFirstProbePause));
}

TEST(UpstreamHealth, KnowsWhatWasLaunchedBeforeItsLastReply) {
  UpstreamHealth health;
  EXPECT_FALSE(health.replied_since(TimePoint::min()));
  EXPECT_FALSE(health.replied_since(kNow));
  health.on_reply(kNow + 10ms);
  EXPECT_TRUE(health.replied_since(kNow));
  EXPECT_FALSE(health.replied_since(kNow + 10ms));
  EXPECT_FALSE(health.replied_since(kNow + 11ms));
}

TEST(UpstreamHealth, OnlyDoubtsInARowSettleTheLetterCase) {
  UpstreamHealth health;
  for (std::uint32_t i = 1; i < kLetterCaseLostAfter; ++i)
    EXPECT_FALSE(health.on_letter_case_in_doubt());
  health.on_letter_case_kept();
  for (std::uint32_t i = 1; i < kLetterCaseLostAfter; ++i)
    EXPECT_FALSE(health.on_letter_case_in_doubt());
  EXPECT_TRUE(health.keeps_letter_case());
  EXPECT_TRUE(health.on_letter_case_in_doubt());
  EXPECT_FALSE(health.keeps_letter_case());
  EXPECT_FALSE(health.on_letter_case_in_doubt()) << "that is known by now";
  EXPECT_FALSE(health.on_letter_case_lost());
}

TEST(UpstreamHealth, StatesHaveNames) {
  EXPECT_EQ(name(State::Up), "up");
  EXPECT_EQ(name(State::Suspect), "suspect");
  EXPECT_EQ(name(State::Down), "down");
  EXPECT_LT(State::Up, State::Suspect);
  EXPECT_LT(State::Suspect, State::Down);
}

}  // namespace
}  // namespace pacedns::health
