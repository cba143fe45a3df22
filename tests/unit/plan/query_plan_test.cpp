#include "pacedns/plan/query_plan.hpp"

#include <chrono>
#include <vector>

#include <gtest/gtest.h>

#include "support/plan_script.hpp"

// The rules P1 to P6, P8 and P9 of the plan, told as scripts. PlanScript checks P10 after every input.

namespace pacedns::plan {
namespace {

using namespace std::chrono_literals;
using namespace pacedns::test;
using enum SecondTierReason;

TEST(QueryPlan, FiveUpstreamsAreAskedTwoAtATime) {
  PlanScript plan({}, 5);
  plan.at(0ms).launches(A, B);
  plan.at(50ms).usable(A).answers(A).starts_second_tier(FirstReply).launches(C, D);
  plan.at(80ms).usable(B).nothing();
  plan.at(100ms).deadline().launches(E);
  plan.at(170ms).usable(C).nothing();
  plan.at(210ms).usable(D).nothing();
  plan.at(300ms).usable(E).finishes();
}

// P1

TEST(QueryPlan, AsksTheActiveTierAtTheStartInRankOrder) {
  PlanScript plan({.active_tier_size = 3}, 5);
  plan.at(0ms).launches(A, B, C);
}

TEST(QueryPlan, AsksEverybodyAtTheStartIfTheActiveTierIsLargeEnough) {
  PlanScript plan({.active_tier_size = 16}, 3);
  plan.at(0ms).launches(A, B, C);
  plan.at(350ms).usable(C).answers(C);
  plan.at(351ms).usable(B).nothing();
  plan.at(352ms).usable(A).finishes();
}

TEST(QueryPlan, OneUpstreamIsEnough) {
  PlanScript plan({}, 1);
  plan.at(0ms).launches(A);
  plan.at(20ms).usable(A).answers(A).finishes();
}

// P2

TEST(QueryPlan, SecondTierWaitsForTheStaggerDelayAfterAnEarlyReply) {
  PlanScript plan({}, 4);
  plan.at(0ms).launches(A, B);
  plan.at(10ms).usable(B).answers(B);
  plan.at(12ms).usable(A).nothing();
  plan.at(50ms).deadline().starts_second_tier(FirstReply).launches(C, D);
}

TEST(QueryPlan, SecondTierStartsWithTheFirstReplyAfterTheStaggerDelay) {
  PlanScript plan({}, 4);
  plan.at(0ms).launches(A, B);
  plan.at(51ms).usable(B).answers(B).starts_second_tier(FirstReply).launches(C, D);
}

TEST(QueryPlan, SecondTierStartsAtTheFallbackTimeout) {
  PlanScript plan({}, 4);
  plan.at(0ms).launches(A, B);
  plan.at(300ms).deadline().starts_second_tier(Timeout).launches(C, D);
}

TEST(QueryPlan, SecondTierStartsAtOnceWhenTheActiveTierHasFailed) {
  PlanScript plan({}, 4);
  plan.at(0ms).launches(A, B);
  plan.at(5ms).fails(B).nothing();
  plan.at(7ms).unreachable(A).starts_second_tier(AllFailed).launches(C, D);
}

TEST(QueryPlan, OneFailureInTheActiveTierDoesNotStartTheSecond) {
  PlanScript plan({}, 4);
  plan.at(0ms).launches(A, B);
  plan.at(5ms).fails(A).nothing();
  plan.at(300ms).deadline().starts_second_tier(Timeout).launches(C, D);
}

TEST(QueryPlan, AReplyAndAFailureAreNoFailureOfAll) {
  PlanScript plan({}, 4);
  plan.at(0ms).launches(A, B);
  plan.at(5ms).usable(A).answers(A);
  plan.at(7ms).fails(B).nothing();
  plan.at(50ms).deadline().starts_second_tier(FirstReply).launches(C, D);
}

TEST(QueryPlan, StaggerDelayMayEqualTheFallbackTimeout) {
  PlanScript plan({.fallback_timeout = 200ms, .stagger_delay = 200ms}, 5);
  plan.at(0ms).launches(A, B);
  plan.at(30ms).usable(A).answers(A);
  plan.at(200ms).deadline().starts_second_tier(FirstReply).launches(C, D);
  plan.at(400ms).deadline().notes_silence(B).launches(E);
}

// P3

TEST(QueryPlan, BatchesAreAStaggerDelayApart) {
  PlanScript plan({.active_tier_size = 1, .batch_size = 3, .stagger_delay = 20ms}, 6);
  plan.at(0ms).launches(A);
  plan.at(300ms).deadline().starts_second_tier(Timeout).launches(B, C, D);
  plan.at(320ms).deadline().launches(E, F);
  plan.at(330ms).usable(F).answers(F);
}

TEST(QueryPlan, ALateBatchIsNotFollowedByAnEarlyOne) {
  PlanScript plan({.active_tier_size = 1, .batch_size = 1}, 4);
  plan.at(0ms).launches(A);
  plan.at(300ms).deadline().starts_second_tier(Timeout).launches(B);
  plan.late_at(395ms).overdue_deadline().launches(C);
  plan.at(400ms).deadline().notes_silence(A);
  plan.at(445ms).deadline().launches(D);
}

TEST(QueryPlan, NextBatchGoesAtOnceWhenEverythingOutstandingHasFailed) {
  PlanScript plan({}, 7);
  plan.at(0ms).launches(A, B);
  plan.at(300ms).deadline().starts_second_tier(Timeout).launches(C, D);
  plan.at(301ms).fails(C).nothing();
  plan.at(302ms).fails(D).nothing();  // A and B may still reply
  plan.at(303ms).unreachable(A).nothing();
  plan.at(304ms).unreachable(B).launches(E, F);
  plan.at(354ms).deadline().launches(G);
}

TEST(QueryPlan, AfterAnAnswerFailuresNoLongerSpeedThingsUp) {
  PlanScript plan({}, 7);
  plan.at(0ms).launches(A, B);
  plan.at(60ms).usable(A).answers(A).starts_second_tier(FirstReply).launches(C, D);
  plan.at(61ms).fails(B).fails(C).fails(D).nothing();
  plan.at(110ms).deadline().launches(E, F);
}

TEST(QueryPlan, WhenAllRefuseTheAnswerWaitsForNoTimer) {
  PlanScript plan({}, 5);
  plan.at(0ms).launches(A, B);
  plan.at(10ms).fails(A, dns::Rcode::Refused).nothing();
  plan.at(10ms).fails(B, dns::Rcode::Refused).starts_second_tier(AllFailed).launches(C, D);
  plan.at(20ms).fails(C, dns::Rcode::Refused).nothing();
  plan.at(20ms).fails(D, dns::Rcode::Refused).launches(E);
  plan.at(30ms).fails(E, dns::Rcode::Refused).answers_failure(dns::Rcode::Refused).finishes();
}

// P4

TEST(QueryPlan, FailuresSpeedUpOneBatchAndThePaceStaysForTheNext) {
  PlanScript plan({}, 6);
  plan.at(0ms).launches(A, B);
  plan.at(1ms).fails(A).fails(B).starts_second_tier(AllFailed).launches(C, D);
  plan.at(2ms).usable(C).answers(C);
  plan.at(51ms).deadline().launches(E, F);
}

// P5

TEST(QueryPlan, OnlyTheFirstUsableReplyAnswers) {
  PlanScript plan({}, 2);
  plan.at(0ms).launches(A, B);
  plan.at(10ms).usable(B).answers(B);
  plan.at(11ms).usable(A).finishes();
}

TEST(QueryPlan, AUsableReplyAnswersAfterFailures) {
  PlanScript plan({}, 3);
  plan.at(0ms).launches(A, B);
  plan.at(10ms).fails(A).fails(B).starts_second_tier(AllFailed).launches(C);
  plan.at(90ms).usable(C).answers(C).finishes();
}

TEST(QueryPlan, TwoDarkUpstreamsCostTheFallbackTimeout) {
  PlanScript plan({}, 5);
  plan.at(0ms).launches(A, B);
  plan.at(300ms).deadline().starts_second_tier(Timeout).launches(C, D);
  plan.at(350ms).deadline().launches(E);
  plan.at(400ms).deadline().notes_silence(A, B).retransmits(A, B);
  plan.at(420ms).usable(C).answers(C);
  plan.at(460ms).usable(D).nothing();
  plan.at(550ms).usable(E).nothing();
  plan.at(3s).deadline().expires(A, B).finishes();
}

TEST(QueryPlan, AReplyThatIsHandledAfterTheDeadlineStillAnswersOnce) {
  PlanScript plan({.total_collect_timeout = 350ms}, 2);
  plan.at(0ms).launches(A, B);
  plan.at(350ms).usable(B).answers(B).expires(A).finishes();
}

// P6

TEST(QueryPlan, AsksEveryUpstreamThoughTheClientHasItsAnswer) {
  PlanScript plan({.active_tier_size = 1, .batch_size = 1}, 4);
  plan.at(0ms).launches(A);
  plan.at(1ms).usable(A).answers(A);
  plan.at(50ms).deadline().starts_second_tier(FirstReply).launches(B);
  plan.at(60ms).usable(B).nothing();
  plan.at(100ms).deadline().launches(C);
  plan.at(110ms).fails(C).nothing();
  plan.at(150ms).deadline().launches(D);
  plan.at(151ms).unreachable(D).finishes();
}

TEST(QueryPlan, CollectAnswerLaunchesNothingAfterTheAnswer) {
  PlanScript plan({.collect = Collect::Answer}, 5);
  plan.at(0ms).launches(A, B);
  plan.at(10ms).usable(A).answers(A);
  plan.at(70ms).usable(B).finishes();
}

TEST(QueryPlan, CollectAnswerStopsBetweenBatches) {
  PlanScript plan({.collect = Collect::Answer}, 7);
  plan.at(0ms).launches(A, B);
  plan.at(300ms).deadline().starts_second_tier(Timeout).launches(C, D);
  plan.at(320ms).usable(D).answers(D);
  plan.at(330ms).usable(A).usable(B).nothing();
  plan.at(340ms).fails(C).finishes();
}

TEST(QueryPlan, CollectAnswerStillWalksThroughFailures) {
  PlanScript plan({.collect = Collect::Answer}, 3);
  plan.at(0ms).launches(A, B);
  plan.at(10ms).fails(A).fails(B).starts_second_tier(AllFailed).launches(C);
  plan.at(20ms).usable(C).answers(C).finishes();
}

TEST(QueryPlan, AProbeIsNeverInTheActiveTier) {
  const std::vector<PlanScript::Candidate> candidates{{400ms}, {400ms, true}};
  PlanScript plan({.active_tier_size = 4}, candidates);
  plan.at(0ms).launches(A);
  plan.at(20ms).usable(A).answers(A);
  plan.at(50ms).deadline().starts_second_tier(FirstReply).launches(B);
  plan.at(60ms).unreachable(B).finishes();
}

TEST(QueryPlan, AProbeIsAskedWhenTheOthersHaveFailed) {
  const std::vector<PlanScript::Candidate> candidates{{400ms}, {400ms, true}};
  PlanScript plan({}, candidates);
  plan.at(0ms).launches(A);
  plan.at(20ms).unreachable(A).starts_second_tier(AllFailed).launches(B);
  plan.at(30ms).usable(B).answers(B).finishes();
}

// P8

TEST(QueryPlan, NothingIsLeftAfterTheTotalTimeout) {
  PlanScript plan({.fallback_timeout = 80ms, .total_collect_timeout = 100ms}, 5);
  plan.at(0ms).launches(A, B);
  plan.at(80ms).deadline().starts_second_tier(Timeout).launches(C, D);
  plan.at(100ms).deadline().expires(A, B, C, D);
  plan.answers_failure(dns::Rcode::ServFail, dns::ExtendedError::NoReachableAuthority).finishes();
}

TEST(QueryPlan, ADriverThatComesTooLateEndsTheFlightAtOnce) {
  PlanScript plan({}, 5);
  plan.at(0ms).launches(A, B);
  plan.late_at(10s).overdue_deadline().expires(A, B);
  plan.answers_failure(dns::Rcode::ServFail, dns::ExtendedError::NoReachableAuthority).finishes();
}

// P9

TEST(QueryPlan, TheAnswerCancelsNothing) {
  PlanScript plan({}, 3);
  plan.at(0ms).launches(A, B);
  plan.at(50ms).usable(A).answers(A).starts_second_tier(FirstReply).launches(C);
  EXPECT_TRUE(plan.plan().answered());
  EXPECT_FALSE(plan.plan().finished());
  plan.at(400ms).deadline().notes_silence(B);
  plan.at(450ms).deadline().notes_silence(C);
  plan.at(2900ms).usable(B).nothing();
  plan.at(2999ms).usable(C).finishes();
}

// Giving way

TEST(QueryPlan, AnAnsweredFlightGivesWayWithoutBlamingAnybody) {
  PlanScript plan({}, 5);
  plan.at(0ms).launches(A, B);
  plan.at(10ms).usable(A).answers(A);
  plan.at(11ms).gives_way().finishes();
}

TEST(QueryPlan, AFlightThatOwesAnAnswerDoesNotGiveWay) {
  PlanScript plan({}, 3);
  plan.at(0ms).launches(A, B);
  plan.at(10ms).fails(A).gives_way().nothing();
  plan.at(20ms).usable(B).answers(B);
}

}  // namespace
}  // namespace pacedns::plan
