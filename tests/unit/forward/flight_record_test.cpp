#include "pacedns/forward/flight_record.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

#include "unit/forward/forwarding.hpp"

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;
using test::kStart;
using test::Octets;

class FlightRecordTest : public testing::Test {
 protected:
  void end(std::size_t position, AttemptOutcome outcome, Duration after) {
    Attempt& attempt = flight_->attempts[position];
    attempt.launched_at = kStart;
    flight_->conclude(attempt, outcome, kStart + after);
  }

  test::FakeNetwork network_;
  std::shared_ptr<Settings> settings_ = test::settings_with(3);
  std::shared_ptr<UpstreamSet> upstreams_ = std::make_shared<UpstreamSet>(network_, *settings_, 0, nullptr);
  std::unique_ptr<Flight> flight_ =
      std::make_unique<Flight>(test::key_for("WWW.example.", dns::RrType::Aaaa, dns::RrClass::In, true), 42,
                               settings_, upstreams_, upstreams_->choose(kStart), kStart);
};

TEST_F(FlightRecordTest, HoldsWhatTheFlightWas) {
  flight_->second_tier_at = kStart + 50ms;
  flight_->second_tier_reason = plan::SecondTierReason::Timeout;
  flight_->answer = std::make_shared<const cache::ResponseImage>();
  flight_->answered_at = kStart + 60ms;
  flight_->answer_rcode = dns::Rcode::NxDomain;
  flight_->winner = 1;
  flight_->clients = 7;
  Attempt& failed = flight_->attempts[0];
  failed.tier = Tier::Second;
  failed.with_edns = false;
  failed.over_tcp = true;
  failed.retransmissions = 2;
  failed.error = make_error_code(boost::asio::error::connection_refused);
  end(0, AttemptOutcome::NetworkError, 55ms);
  flight_->attempts[1].merge = cache::MergeOutcome::Disagrees;
  end(1, AttemptOutcome::Usable, 60ms);

  const FlightRecord record(*flight_, flight_->replies, kStart + 200ms);
  EXPECT_EQ(record.generation, 42U);
  const cache::CacheKey key = test::key_for("www.example.", dns::RrType::Aaaa);
  EXPECT_TRUE(std::ranges::equal(record.question, key.question())) << "in lower case";
  EXPECT_TRUE(record.dnssec_ok);
  EXPECT_FALSE(record.checking_disabled);
  EXPECT_EQ(record.started_at, kStart);
  EXPECT_EQ(record.second_tier_at, kStart + 50ms);
  EXPECT_EQ(record.second_tier_reason, plan::SecondTierReason::Timeout);
  EXPECT_EQ(record.answered_at, kStart + 60ms);
  EXPECT_EQ(record.finished_at, kStart + 200ms);
  EXPECT_FALSE(record.open());
  EXPECT_EQ(record.winner, plan::Position{1});
  EXPECT_EQ(record.answer_rcode, dns::Rcode::NxDomain);
  EXPECT_EQ(record.clients, 7U);
  ASSERT_EQ(record.attempts.size(), 3U);
  const AttemptStory& told = record.attempts[0];
  EXPECT_EQ(told.tier, Tier::Second);
  EXPECT_EQ(told.outcome, AttemptOutcome::NetworkError);
  EXPECT_FALSE(told.with_edns);
  EXPECT_TRUE(told.over_tcp);
  EXPECT_EQ(told.retransmissions, 2U);
  EXPECT_EQ(told.error, boost::asio::error::connection_refused);
  EXPECT_EQ(told.launched_at, kStart);
  EXPECT_EQ(told.ended_at, kStart + 55ms);
  EXPECT_EQ(record.attempts[1].merge, cache::MergeOutcome::Disagrees);
  EXPECT_EQ(record.attempts[2].outcome, AttemptOutcome::Untried) << "positions stay what they are";
}

TEST_F(FlightRecordTest, TheOtherBitOfTheKeyIsItsOwn) {
  const Flight flight(test::key_for("a.", dns::RrType::A, dns::RrClass::In, false, true), 1, settings_,
                      upstreams_, upstreams_->choose(kStart), kStart);
  const FlightRecord record(flight, {}, kStart);
  EXPECT_FALSE(record.dnssec_ok);
  EXPECT_TRUE(record.checking_disabled);
}

TEST_F(FlightRecordTest, OfAnOpenFlightTellsHowFarItIs) {
  flight_->attempts[0].outcome = AttemptOutcome::Pending;
  flight_->waiters.push_back(test::Asked(test::MessageBuilder("www.example.")).waiter());
  const FlightRecord record(*flight_, flight_->replies, kNever);
  EXPECT_TRUE(record.open());
  EXPECT_EQ(record.attempts[0].outcome, AttemptOutcome::Pending);
  EXPECT_EQ(record.second_tier_at, kNever);
  EXPECT_EQ(record.answered_at, kNever);
  EXPECT_FALSE(record.winner.has_value());
  EXPECT_EQ(record.clients, 1U) << "one that waits";
}

TEST_F(FlightRecordTest, NothingIsUnderWayOnceItIsOver) {
  flight_->attempts[0].outcome = AttemptOutcome::Pending;
  end(1, AttemptOutcome::Usable, 10ms);
  const FlightRecord record(*flight_, flight_->replies, kStart + 20ms);
  EXPECT_EQ(record.attempts[0].outcome, AttemptOutcome::Abandoned);
  EXPECT_EQ(record.attempts[0].ended_at, kStart + 20ms);
  EXPECT_EQ(record.attempts[1].outcome, AttemptOutcome::Usable);
  EXPECT_EQ(record.attempts[1].ended_at, kStart + 10ms);
  EXPECT_EQ(record.attempts[2].outcome, AttemptOutcome::Untried);
}

TEST_F(FlightRecordTest, KeepsEachReplyForItself) {
  flight_->remembered = true;
  const Octets first{1, 2, 3};
  const Octets second{4, 5};
  flight_->remember(flight_->attempts[2], first);
  flight_->remember(flight_->attempts[0], second);
  const FlightRecord record(*flight_, flight_->replies, kStart);
  EXPECT_TRUE(std::ranges::equal(record.reply_of(record.attempts[2]), first));
  EXPECT_TRUE(std::ranges::equal(record.reply_of(record.attempts[0]), second));
  EXPECT_TRUE(record.reply_of(record.attempts[1]).empty());
}

TEST_F(FlightRecordTest, SaysWhetherItsRepliesWereToBeMerged) {
  EXPECT_TRUE(FlightRecord(*flight_, {}, kStart).merges);
  auto off = test::settings_with(3);
  off->forward.merge = Merge::Off;
  const Flight flight(test::key_for("a."), 1, off, upstreams_, upstreams_->choose(kStart), kStart);
  EXPECT_FALSE(FlightRecord(flight, {}, kStart).merges);
}

TEST_F(FlightRecordTest, OutlivesFlightAndReload) {
  auto record = std::make_unique<const FlightRecord>(*flight_, flight_->replies, kStart);
  flight_.reset();
  upstreams_.reset();
  settings_.reset();
  EXPECT_EQ(network_.transports, 0) << "it holds neither sockets nor connections";
  EXPECT_EQ(record->upstream_of(record->attempts[0]), "u1");
  EXPECT_EQ(record->upstream_of(record->attempts[2]), "u3");
}

TEST_F(FlightRecordTest, ItsFootprintIsAllThatItHolds) {
  const std::size_t plain = FlightRecord(*flight_, flight_->replies, kStart).footprint();
  EXPECT_GE(plain, sizeof(FlightRecord) + 3 * sizeof(AttemptStory) + flight_->key.question().size());
  EXPECT_LE(plain, 2048U) << "some thousands of them in the default size";
  flight_->replies.resize(500);
  EXPECT_EQ(FlightRecord(*flight_, flight_->replies, kStart).footprint(), plain + 500);
  flight_->attempts.resize(5);
  EXPECT_EQ(FlightRecord(*flight_, flight_->replies, kStart).footprint(),
            plain + 500 + 2 * sizeof(AttemptStory));
}

}  // namespace
}  // namespace pacedns::forward
