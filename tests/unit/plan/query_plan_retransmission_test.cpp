#include <chrono>
#include <vector>

#include <gtest/gtest.h>

#include "support/plan_script.hpp"

// P7: when nobody is left to be asked and no usable reply has come, silent upstreams are asked again.

namespace pacedns::plan {
namespace {

using namespace std::chrono_literals;
using namespace pacedns::test;
using dns::ExtendedError;
using dns::Rcode;
using enum SecondTierReason;

TEST(QueryPlanRetransmission, ASingleSilentUpstreamIsAskedAgainAtDoublingDistances) {
  PlanScript plan({}, {{100ms}});
  plan.at(0ms).launches(A);
  plan.at(100ms).deadline().notes_silence(A).retransmits(A);
  plan.at(300ms).deadline().retransmits(A);
  plan.at(700ms).deadline().retransmits(A);
  plan.at(1500ms).deadline().retransmits(A);
  plan.at(3s).deadline().expires(A);
  plan.answers_failure(Rcode::ServFail, ExtendedError::NoReachableAuthority).finishes();
}

TEST(QueryPlanRetransmission, AReplyToARetransmissionAnswers) {
  PlanScript plan({}, {{100ms}});
  plan.at(0ms).launches(A);
  plan.at(100ms).deadline().notes_silence(A).retransmits(A);
  plan.at(110ms).usable(A).answers(A).finishes();
}

TEST(QueryPlanRetransmission, NobodyIsAskedAgainBeforeEverybodyHasBeenAsked) {
  PlanScript plan({}, {{100ms}, {100ms}, {100ms}});
  plan.at(0ms).launches(A, B);
  plan.at(100ms).deadline().notes_silence(A, B);
  plan.at(300ms).deadline().starts_second_tier(Timeout).launches(C);
  plan.at(350ms).deadline().retransmits(A, B);  // overdue, but a stagger delay behind the launch
  plan.at(400ms).deadline().notes_silence(C).retransmits(C);
}

TEST(QueryPlanRetransmission, NobodyIsAskedAgainAfterTheAnswer) {
  PlanScript plan({}, {{100ms}, {100ms}});
  plan.at(0ms).launches(A, B);
  plan.at(50ms).usable(B).answers(B);
  plan.at(100ms).deadline().notes_silence(A);
  plan.at(3s).deadline().expires(A).finishes();
}

TEST(QueryPlanRetransmission, StopsWithTheAnswer) {
  PlanScript plan({}, {{100ms}, {100ms}});
  plan.at(0ms).launches(A, B);
  plan.at(100ms).deadline().notes_silence(A, B).retransmits(A, B);
  plan.at(120ms).usable(B).answers(B);
  plan.at(130ms).usable(A).finishes();
}

TEST(QueryPlanRetransmission, AnAttemptThatFailedIsNotRepeated) {
  PlanScript plan({}, {{100ms}, {100ms}});
  plan.at(0ms).launches(A, B);
  plan.at(10ms).fails(A).nothing();
  plan.at(100ms).deadline().notes_silence(B).retransmits(B);
  plan.at(300ms).deadline().retransmits(B);
}

TEST(QueryPlanRetransmission, WhatIsAskedOverTcpIsNotRetransmittedButCanBeSilent) {
  PlanScript plan({}, {{.retransmission_time = 100ms, .stream = true}});
  plan.at(0ms).launches(A);
  plan.at(100ms).deadline().notes_silence(A);
  plan.at(3s).deadline().expires(A);
  plan.answers_failure(Rcode::ServFail, ExtendedError::NoReachableAuthority).finishes();
}

TEST(QueryPlanRetransmission, ATruncatedAttemptIsNeitherSilentNorRetransmitted) {
  PlanScript plan({}, {{100ms}, {100ms}});
  plan.at(0ms).launches(A, B);
  plan.at(10ms).truncated(A).nothing();
  plan.at(100ms).deadline().notes_silence(B).retransmits(B);
  plan.at(150ms).truncated(B).nothing();
  plan.at(3s).deadline().expires(A, B);
  plan.answers_failure(Rcode::ServFail, ExtendedError::NoReachableAuthority).finishes();
}

TEST(QueryPlanRetransmission, ADoubtedAttemptIsNotSilentAndHasTimeForTcp) {
  PlanScript plan({}, {{100ms}});
  plan.at(0ms).launches(A);
  plan.at(50ms).doubted(A).nothing();
  plan.at(350ms).deadline().retransmits(A);
  plan.at(550ms).deadline().retransmits(A);
  plan.at(560ms).doubted(A).nothing();
  plan.at(1760ms).deadline().retransmits(A);
}

TEST(QueryPlanRetransmission, ADoubtLeavesHalfOfTheTimeForUdp) {
  PlanScript plan({}, {{400ms}});
  plan.at(0ms).launches(A);
  plan.at(400ms).deadline().notes_silence(A).retransmits(A);
  plan.at(600ms).doubted(A).nothing();
  plan.at(1800ms).deadline().retransmits(A);
}

TEST(QueryPlanRetransmission, IsPacedLikeBatches) {
  PlanScript plan({.active_tier_size = 3, .batch_size = 2}, {{100ms}, {100ms}, {100ms}});
  plan.at(0ms).launches(A, B, C);
  plan.at(100ms).deadline().notes_silence(A, B, C).retransmits(A, B);
  plan.at(150ms).deadline().retransmits(C);
  plan.at(300ms).deadline().retransmits(A, B);
  plan.at(350ms).deadline().retransmits(C);
}

TEST(QueryPlanRetransmission, ALateOneDoublesFromWhenItWent) {
  PlanScript plan({}, {{100ms}, {100ms}});
  plan.at(0ms).launches(A, B);
  plan.at(100ms).deadline().notes_silence(A, B).retransmits(A, B);
  plan.at(290ms).fails(B).nothing();
  plan.late_at(320ms).overdue_deadline().retransmits(A);
  plan.at(720ms).deadline().retransmits(A);
}

TEST(QueryPlanRetransmission, SilenceIsNotedOnceAndThoughTheClientHasItsAnswer) {
  PlanScript plan({}, {{100ms}, {150ms}});
  plan.at(0ms).launches(A, B);
  plan.at(10ms).usable(A).answers(A);
  plan.at(150ms).deadline().notes_silence(B);
  plan.at(2s).usable(B).finishes();
}

}  // namespace
}  // namespace pacedns::plan
