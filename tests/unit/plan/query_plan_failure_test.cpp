#include <chrono>

#include <gtest/gtest.h>

#include "support/plan_script.hpp"

// What the client hears when no upstream was any use (P5).

namespace pacedns::plan {
namespace {

using namespace std::chrono_literals;
using namespace pacedns::test;
using dns::ExtendedError;
using dns::Rcode;
using enum SecondTierReason;

TEST(QueryPlanFailure, TheBestRcodeWinsWhicheverCameFirst) {
  PlanScript first({}, 2);
  first.at(0ms).launches(A, B);
  first.at(1ms).fails(A, Rcode::Refused).fails(B, Rcode::ServFail);
  first.answers_failure(Rcode::ServFail).finishes();

  PlanScript last({}, 2);
  last.at(0ms).launches(A, B);
  last.at(1ms).fails(B, Rcode::ServFail).fails(A, Rcode::Refused);
  last.answers_failure(Rcode::ServFail).finishes();
}

// RFC 8914 section 3: of the reply that the client hears.
TEST(QueryPlanFailure, TheErrorOfTheBestReplyIsPassedOn) {
  constexpr ExtendedError kBogus{6};
  PlanScript plan({}, 2);
  plan.at(0ms).launches(A, B);
  plan.at(1ms).fails(A, Rcode::Refused, ExtendedError{18}).fails(B, Rcode::ServFail, kBogus);
  plan.answers_failure(Rcode::ServFail, kBogus).finishes();
}

TEST(QueryPlanFailure, AnyRcodeIsBetterThanSilence) {
  PlanScript plan({}, 2);
  plan.at(0ms).launches(A, B);
  plan.at(1ms).fails(A, Rcode::FormErr).nothing();
  plan.at(400ms).deadline().notes_silence(B).retransmits(B);
  plan.at(1200ms).deadline().retransmits(B);
  plan.at(2800ms).deadline().retransmits(B);
  plan.at(3s).deadline().expires(B).answers_failure(Rcode::FormErr).finishes();
}

TEST(QueryPlanFailure, AnRcodeThatNeedsEdnsBecomesServfail) {
  PlanScript plan({}, 1);
  plan.at(0ms).launches(A);
  plan.at(1ms).fails(A, Rcode::BadVers).answers_failure(Rcode::ServFail).finishes();
}

// A referral fails with NOERROR, a reply that is truncated over TCP may say NXDOMAIN.
TEST(QueryPlanFailure, AFailureThatSaysNoerrorOrNxdomainIsServfailToTheClient) {
  for (const Rcode rcode : {Rcode::NoError, Rcode::NxDomain}) {
    PlanScript alone({}, 1);
    alone.at(0ms).launches(A);
    alone.at(1ms).fails(A, rcode).answers_failure(Rcode::ServFail).finishes();

    PlanScript plan({}, 2);
    plan.at(0ms).launches(A, B);
    plan.at(1ms).fails(A, rcode).fails(B, Rcode::Refused).answers_failure(Rcode::Refused).finishes();
  }
}

TEST(QueryPlanFailure, WithoutUpstreamsItFailsAtOnce) {
  PlanScript plan({}, 0);
  plan.at(0ms).answers_failure(Rcode::ServFail, ExtendedError::NoReachableAuthority).finishes();
}

TEST(QueryPlanFailure, NetworkErrorsAreToldApartFromSilence) {
  PlanScript network({}, 3);
  network.at(0ms).launches(A, B);
  network.at(1ms).unreachable(A).unreachable(B).starts_second_tier(AllFailed).launches(C);
  network.at(2ms).unreachable(C).answers_failure(Rcode::ServFail, ExtendedError::NetworkError).finishes();

  PlanScript mixed({}, 2);
  mixed.at(0ms).launches(A, B);
  mixed.at(1ms).unreachable(A).lost(B);
  mixed.answers_failure(Rcode::ServFail, ExtendedError::NoReachableAuthority).finishes();
}

TEST(QueryPlanFailure, SilenceOfOneIsNotANetworkErrorOfAll) {
  PlanScript plan({.total_collect_timeout = 350ms}, 2);
  plan.at(0ms).launches(A, B);
  plan.at(1ms).unreachable(A).nothing();
  plan.at(350ms).deadline().expires(B);
  plan.answers_failure(Rcode::ServFail, ExtendedError::NoReachableAuthority).finishes();
}

TEST(QueryPlanFailure, AnUpstreamThatGaveAnRcodeWasReachable) {
  PlanScript plan({}, 2);
  plan.at(0ms).launches(A, B);
  plan.at(1ms).unreachable(A).fails(B, Rcode::BadVers).answers_failure(Rcode::ServFail).finishes();
}

TEST(QueryPlanFailure, TheClientIsAnsweredThoughItsAnswerIsAFailure) {
  PlanScript plan({}, 1);
  plan.at(0ms).launches(A);
  EXPECT_FALSE(plan.plan().answered());
  plan.at(1ms).fails(A).answers_failure(Rcode::ServFail).finishes();
  EXPECT_TRUE(plan.plan().answered());
}

}  // namespace
}  // namespace pacedns::plan
