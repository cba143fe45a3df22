#include "pacedns/forward/flight.hpp"

#include <gtest/gtest.h>

#include "unit/forward/forwarding.hpp"

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;
using test::kStart;

class FlightTest : public testing::Test {
 protected:
  std::unique_ptr<Flight> fly(const cache::CacheKey& key) {
    return std::make_unique<Flight>(key, 1, settings_, upstreams_, upstreams_->choose(kStart), kStart);
  }

  void transmit(Flight& flight, std::size_t position) {
    Attempt& attempt = flight.attempts[position];
    auto& transport = *flight.upstream_of(attempt).udp;
    attempt.outcome = AttemptOutcome::Pending;
    const auto ticket =
        transport.send({1, 0, 0}, flight.query(true), upstream::Spelling::AsIs, kStart).value();
    attempt.transmissions.push_back({&transport, ticket, kStart});
  }

  test::FakeNetwork network_;
  std::shared_ptr<Settings> settings_ = test::settings_with(3);
  std::shared_ptr<UpstreamSet> upstreams_ = std::make_shared<UpstreamSet>(network_, *settings_, 0, nullptr);
};

TEST_F(FlightTest, CancelsEveryTransmissionWhenItEnds) {
  auto flight = fly(test::key_for("one.example."));
  transmit(*flight, 0);
  transmit(*flight, 0);
  transmit(*flight, 2);
  flight.reset();
  ASSERT_EQ(network_.sent.size(), 3U);
  for (const auto& sent : network_.sent)
    EXPECT_TRUE(sent.cancelled);
}

TEST_F(FlightTest, ConcludingOneAttemptLeavesTheOthersAlone) {
  const auto flight = fly(test::key_for("one.example."));
  transmit(*flight, 0);
  transmit(*flight, 1);
  flight->conclude(flight->attempts[0], AttemptOutcome::Usable, kStart + 1ms);
  flight->conclude(flight->attempts[0], AttemptOutcome::Usable, kStart + 1ms);
  EXPECT_FALSE(flight->attempts[0].pending());
  EXPECT_EQ(flight->attempts[0].ended_at, kStart + 1ms);
  EXPECT_TRUE(network_.sent[0].cancelled);
  EXPECT_TRUE(flight->attempts[1].pending());
  EXPECT_FALSE(network_.sent[1].cancelled);
}

TEST_F(FlightTest, EndsItsProbeEvenIfThatWasNeverSent) {
  health::UpstreamHealth& down = *settings_->upstreams[0].health;
  test::take_down(down, kStart - 1min);
  auto flight = fly(test::key_for("one.example."));
  ASSERT_EQ(flight->attempts.size(), 3U);
  EXPECT_TRUE(flight->attempts[2].probe);
  EXPECT_FALSE(down.try_begin_probe(kStart)) << "one probe at a time";
  flight.reset();
  EXPECT_TRUE(down.try_begin_probe(kStart));
}

TEST_F(FlightTest, AsksWithWhatItsKeySays) {
  const auto plain = fly(test::key_for("ONE.example."));
  const auto special = fly(test::key_for("one.example.", dns::RrType::A, dns::RrClass::In, true, true));

  const test::Reply query(test::Octets(plain->query(true).begin(), plain->query(true).end()));
  EXPECT_TRUE(query.view().opt().has_value());
  EXPECT_FALSE(dns::Edns::read(*query.view().opt()).dnssec_ok);
  EXPECT_FALSE(query.view().header().has(dns::kCd));

  const test::Reply asked(test::Octets(special->query(true).begin(), special->query(true).end()));
  EXPECT_TRUE(dns::Edns::read(*asked.view().opt()).dnssec_ok);
  EXPECT_TRUE(asked.view().header().has(dns::kCd));

  const test::Reply without(test::Octets(special->query(false).begin(), special->query(false).end()));
  EXPECT_FALSE(without.view().opt().has_value());
}

// Transports compare replies with the question where it stands.
TEST_F(FlightTest, ItsQueriesStayWhereTheyAre) {
  const auto flight = fly(test::key_for("one.example."));
  const auto* const with_edns = flight->query(true).data();
  const auto* const without_edns = flight->query(false).data();
  EXPECT_EQ(flight->query(true).data(), with_edns);
  EXPECT_EQ(flight->query(false).data(), without_edns);
}

TEST_F(FlightTest, KeepsRepliesOnlyIfItIsToBeRememberedAndHasRoom) {
  const auto flight = fly(test::key_for("one.example."));
  Attempt& first = flight->attempts[0];
  flight->remember(first, test::Octets(100));
  EXPECT_EQ(first.reply_size, 0U);
  EXPECT_TRUE(flight->replies.empty());

  flight->remembered = true;
  flight->remember(first, test::Octets(8192));
  EXPECT_EQ(first.reply_size, 8192U);
  flight->remember(flight->attempts[1], test::Octets(1));
  EXPECT_EQ(flight->attempts[1].reply_size, 0U) << "no more room";
  EXPECT_EQ(flight->replies.size(), 8192U);

  const auto another = fly(test::key_for("two.example."));
  another->remembered = true;
  another->remember(another->attempts[0], test::Octets(65535));
  EXPECT_EQ(another->attempts[0].reply_size, 0U) << "larger than all the room";
  another->remember(another->attempts[2], test::Octets(30));
  EXPECT_EQ(another->attempts[2].reply_size, 30U);
}

TEST_F(FlightTest, AnAnswerAgesByWholeSecondsOfTheClock) {
  const auto flight = fly(test::key_for("one.example."));
  flight->answered_at = kStart + 900ms;
  EXPECT_EQ(flight->answer_age(kStart + 999ms), 0U);
  EXPECT_EQ(flight->answer_age(kStart + 1s), 1U);
  EXPECT_EQ(flight->answer_age(kStart + 2s), 2U);
}

}  // namespace
}  // namespace pacedns::forward
