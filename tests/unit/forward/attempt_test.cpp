#include "pacedns/forward/attempt.hpp"

#include <gtest/gtest.h>

#include "unit/forward/forwarding.hpp"

namespace pacedns::forward {
namespace {

using test::kStart;

TEST(Attempt, EveryTierHasItsName) {
  EXPECT_EQ(name(Tier::Active), "active");
  EXPECT_EQ(name(Tier::Second), "second");
  EXPECT_EQ(name(Tier::Probe), "probe");
}

// As the interface of the status page has them.
TEST(Attempt, EveryOutcomeHasItsName) {
  EXPECT_EQ(name(AttemptOutcome::Untried), "untried");
  EXPECT_EQ(name(AttemptOutcome::Pending), "pending");
  EXPECT_EQ(name(AttemptOutcome::Usable), "usable");
  EXPECT_EQ(name(AttemptOutcome::Failure), "failure");
  EXPECT_EQ(name(AttemptOutcome::NetworkError), "network_error");
  EXPECT_EQ(name(AttemptOutcome::NoReply), "no_reply");
  EXPECT_EQ(name(AttemptOutcome::NotSent), "not_sent");
  EXPECT_EQ(name(AttemptOutcome::Abandoned), "abandoned");
}

TEST(Attempt, IsPendingOnlyWhileItIsUnderWay) {
  Attempt attempt;
  EXPECT_FALSE(attempt.pending()) << "not launched yet";
  for (const auto outcome : {AttemptOutcome::Untried, AttemptOutcome::Pending, AttemptOutcome::Usable,
                             AttemptOutcome::Failure, AttemptOutcome::NetworkError, AttemptOutcome::NoReply,
                             AttemptOutcome::NotSent, AttemptOutcome::Abandoned}) {
    attempt.outcome = outcome;
    EXPECT_EQ(attempt.pending(), outcome == AttemptOutcome::Pending) << name(outcome);
  }
}

TEST(Attempt, EndsAllItsTransmissionsAndTheyFindItEmpty) {
  test::FakeNetwork network;
  metrics::UpstreamCounters counters;
  const net::Endpoint at{boost::asio::ip::address_v4(1), 53};
  const auto udp = network.make_udp(at, counters);
  const auto tcp = network.make_tcp(at, counters);
  const test::Octets query = test::MessageBuilder("www.example.").wire();
  Attempt attempt;
  for (upstream::Transport* const transport : {udp.get(), udp.get(), tcp.get()})
    attempt.transmissions.push_back(
        {transport, transport->send({}, query, upstream::Spelling::AsIs, kStart).value(), kStart});
  int cancelled = 0;
  network.on_cancel = [&](const test::FakeNetwork::Sent&) {
    ++cancelled;
    EXPECT_TRUE(attempt.transmissions.empty());
  };
  attempt.end_transmissions();
  EXPECT_EQ(cancelled, 3);
  attempt.end_transmissions();
  EXPECT_EQ(cancelled, 3) << "each is ended once";
}

}  // namespace
}  // namespace pacedns::forward
