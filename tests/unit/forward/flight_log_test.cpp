#include "pacedns/forward/flight_log.hpp"

#include <memory>
#include <sstream>
#include <string>

#include <boost/asio/error.hpp>
#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "unit/forward/forwarding.hpp"

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;
using test::kStart;
using testing::HasSubstr;

class FlightLogTest : public testing::Test {
 protected:
  FlightLogTest() : before_(spdlog::default_logger()) {
    auto logger =
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_));
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::debug);
    spdlog::set_default_logger(logger);
    flight_.attempts[0].outcome = AttemptOutcome::Pending;
  }
  ~FlightLogTest() override { spdlog::set_default_logger(before_); }

  /// What has been logged since the last call.
  std::string logged() {
    std::string text = text_.str();
    text_.str("");
    return text;
  }

  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
  test::FakeNetwork network_;
  std::shared_ptr<Settings> settings_ = test::settings_with(2);
  std::shared_ptr<UpstreamSet> upstreams_ = std::make_shared<UpstreamSet>(network_, *settings_, 0, nullptr);
  Flight flight_{test::key_for("WWW.example.", dns::RrType::Aaaa),
                 7,
                 settings_,
                 upstreams_,
                 upstreams_->choose(kStart),
                 kStart};
};

TEST_F(FlightLogTest, AStartSaysWhatIsAsked) {
  flight_log::started(flight_);
  EXPECT_EQ(logged(), "event=flight_started flight=7 qname=www.example. qtype=AAAA do=0 cd=0 upstreams=2\n");
}

TEST_F(FlightLogTest, EachPhaseHasALineWithTheTimeSinceTheStart) {
  const Attempt& attempt = flight_.attempts[0];
  const TimePoint now = kStart + 12345us;
  flight_log::joined(flight_, now);
  EXPECT_EQ(logged(), "event=flight_joined flight=7 t=12.3 waiters=0\n");
  flight_log::asked(flight_, attempt, "active", now);
  EXPECT_EQ(logged(), "event=asked flight=7 t=12.3 upstream=u1 tier=active transport=udp edns=1 probe=0\n");
  flight_log::not_sent(flight_, attempt, make_error_code(boost::asio::error::network_unreachable), now);
  EXPECT_EQ(logged(), "event=not_sent flight=7 t=12.3 upstream=u1 error=\"Network is unreachable\"\n");
  flight_log::replied(flight_, attempt, dns::Rcode::NxDomain, plan::ResponseVerdict::Usable, now);
  EXPECT_EQ(logged(),
            "event=replied flight=7 t=12.3 upstream=u1 transport=udp rcode=NXDOMAIN verdict=usable\n");
  flight_log::failed(flight_, attempt, "no reply by the deadline", now);
  EXPECT_EQ(logged(), "event=failed flight=7 t=12.3 upstream=u1 reason=\"no reply by the deadline\"\n");
  flight_log::second_tier(flight_, plan::SecondTierReason::Timeout, now);
  EXPECT_EQ(logged(), "event=second_tier flight=7 t=12.3 reason=timeout\n");
  flight_log::answered(flight_, "u1", dns::Rcode::NoError, now);
  EXPECT_EQ(logged(), "event=answered flight=7 t=12.3 upstream=u1 rcode=NOERROR waiters=0\n");
  flight_log::collected(flight_, attempt, cache::MergeOutcome::OtherOwner, now);
  EXPECT_EQ(logged(), "event=collected flight=7 t=12.3 upstream=u1 outcome=other_owner pool_additions=0\n");
  flight_log::finished(flight_, now);
  EXPECT_EQ(logged(), "event=flight_finished flight=7 t=12.3 pool_additions=0\n");
}

TEST_F(FlightLogTest, EveryVerdictAndOutcomeHasAName) {
  const std::pair<plan::ResponseVerdict, const char*> verdicts[] = {
      {plan::ResponseVerdict::Usable, "verdict=usable\n"},
      {plan::ResponseVerdict::Truncated, "verdict=truncated\n"},
      {plan::ResponseVerdict::NoEdns, "verdict=no_edns\n"},
      {plan::ResponseVerdict::Failure, "verdict=failure\n"}};
  for (const auto& [verdict, text] : verdicts) {
    flight_log::replied(flight_, flight_.attempts[0], dns::Rcode::NoError, verdict, kStart);
    EXPECT_THAT(logged(), HasSubstr(text));
  }
  const std::pair<cache::MergeOutcome, const char*> outcomes[] = {
      {cache::MergeOutcome::Merged, "outcome=merged "},
      {cache::MergeOutcome::Full, "outcome=full "},
      {cache::MergeOutcome::Disagrees, "outcome=disagrees "},
      {cache::MergeOutcome::OtherOwner, "outcome=other_owner "},
      {cache::MergeOutcome::NotMergeable, "outcome=not_mergeable "}};
  for (const auto& [outcome, text] : outcomes) {
    flight_log::collected(flight_, flight_.attempts[0], outcome, kStart);
    EXPECT_THAT(logged(), HasSubstr(text));
  }
}

TEST_F(FlightLogTest, NothingOfAFlightIsWrittenWhenDebugIsOff) {
  spdlog::default_logger()->set_level(spdlog::level::info);
  const Attempt& attempt = flight_.attempts[0];
  flight_log::started(flight_);
  flight_log::joined(flight_, kStart);
  flight_log::asked(flight_, attempt, "active", kStart);
  flight_log::not_sent(flight_, attempt, make_error_code(boost::asio::error::network_unreachable), kStart);
  flight_log::replied(flight_, attempt, dns::Rcode::NoError, plan::ResponseVerdict::Usable, kStart);
  flight_log::failed(flight_, attempt, "why", kStart);
  flight_log::second_tier(flight_, plan::SecondTierReason::Timeout, kStart);
  flight_log::answered(flight_, "u1", dns::Rcode::NoError, kStart);
  flight_log::collected(flight_, attempt, cache::MergeOutcome::Merged, kStart);
  flight_log::finished(flight_, kStart);
  EXPECT_EQ(logged(), "");
}

TEST_F(FlightLogTest, AStateChangeIsWrittenAtLevelInfoButNotEndlessly) {
  spdlog::default_logger()->set_level(spdlog::level::info);
  Upstream& upstream = (*upstreams_)[1];
  upstream.health->on_success(20ms);
  const health::Transition change{health::State::Up, health::State::Suspect};
  for (int i = 0; i < 100; ++i)
    flight_log::state_changed(upstream, change, kStart);
  const std::string text = logged();
  EXPECT_THAT(
      text,
      HasSubstr("event=upstream_state upstream=u2 from=up to=suspect smoothed_rtt_ms=20.0 swallowed=0\n"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 10);
  flight_log::state_changed(upstream, change, kStart + 10s);
  EXPECT_THAT(logged(), HasSubstr("swallowed=90\n"));
}

}  // namespace
}  // namespace pacedns::forward
