#include "pacedns/plan/upstream_order.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pacedns::plan {
namespace {

using namespace std::chrono_literals;
using health::State;
using ::testing::ElementsAre;

std::vector<std::uint16_t> rank(UpstreamOrder& order, const std::vector<Standing>& standings) {
  const auto ranked = order.rank(standings);
  return {ranked.begin(), ranked.end()};
}

TEST(UpstreamOrder, UnmeasuredUpstreamsStandInConfiguredOrder) {
  UpstreamOrder order(4);
  EXPECT_THAT(rank(order, {{}, {}, {}, {}}), ElementsAre(0, 1, 2, 3));
}

TEST(UpstreamOrder, TheFasterStandsFirst) {
  UpstreamOrder order(3);
  EXPECT_THAT(rank(order, {{State::Up, 80ms}, {State::Up, 50ms}, {State::Up, 10ms}}), ElementsAre(2, 1, 0));
}

TEST(UpstreamOrder, EquallyFastOnesStandInConfiguredOrder) {
  UpstreamOrder order(3);
  EXPECT_THAT(rank(order, {{State::Up, 50ms}, {State::Up, 50ms}, {State::Up, 50ms}}), ElementsAre(0, 1, 2));
}

TEST(UpstreamOrder, StateComesBeforeRtt) {
  UpstreamOrder order(4);
  const std::vector<Standing> standings{
      {State::Down, 1ms}, {State::Suspect, 5ms}, {State::Up, 900ms}, {State::Suspect, 2ms}};
  EXPECT_THAT(rank(order, standings), ElementsAre(2, 3, 1, 0));
}

TEST(UpstreamOrder, AnUnmeasuredUpstreamThatIsUpStandsBeforeASuspectOne) {
  UpstreamOrder order(3);
  EXPECT_THAT(rank(order, {{State::Suspect, 1ms}, {}, {State::Up, 100ms}}), ElementsAre(2, 1, 0));
}

TEST(UpstreamOrder, UnmeasuredUpstreamsStandBehindMeasuredOnes) {
  UpstreamOrder order(4);
  EXPECT_THAT(rank(order, {{}, {State::Up, 2s}, {}, {State::Up, 1s}}), ElementsAre(3, 1, 0, 2));
}

TEST(UpstreamOrder, StateChangesCountAtOnce) {
  UpstreamOrder order(2);
  EXPECT_THAT(rank(order, {{State::Up, 10ms}, {State::Up, 90ms}}), ElementsAre(0, 1));
  EXPECT_THAT(rank(order, {{State::Suspect, 10ms}, {State::Up, 90ms}}), ElementsAre(1, 0));
  EXPECT_THAT(rank(order, {{State::Up, 10ms}, {State::Up, 90ms}}), ElementsAre(0, 1));
}

/// How often the order of two upstreams changes when each reply of theirs takes `base`, give or take
/// `jitter`, and is smoothed as RFC 6298 says.
std::size_t changes(Duration base, Duration jitter, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_int_distribution<Duration::rep> spread(-jitter.count(), jitter.count());
  UpstreamOrder order(2);
  Duration smoothed[2] = {base, base};
  std::size_t changes = 0;
  std::vector<std::uint16_t> before;
  for (int i = 0; i < 10000; ++i) {
    for (auto& rtt : smoothed)
      rtt = (7 * rtt + base + Duration(spread(random))) / 8;
    auto now = rank(order, {{State::Up, smoothed[0]}, {State::Up, smoothed[1]}});
    if (i > 0 && now != before) ++changes;
    before = std::move(now);
  }
  return changes;
}

TEST(UpstreamOrder, TwoEqualUpstreamsDoNotFlap) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(changes(50ms, 5ms, seed), 0U) << "seed " << seed;
    EXPECT_LE(changes(50ms, 15ms, seed), 10U) << "seed " << seed;
    EXPECT_EQ(changes(800us, 400us, seed), 0U) << "seed " << seed;
  }
}

TEST(UpstreamOrder, AClearlyFasterOneTakesOver) {
  UpstreamOrder order(2);
  EXPECT_THAT(rank(order, {{State::Up, 50ms}, {State::Up, 100ms}}), ElementsAre(0, 1));
  EXPECT_THAT(rank(order, {{State::Up, 50ms}, {State::Up, 49ms}}), ElementsAre(1, 0));
}

TEST(UpstreamOrder, AnUpstreamThatSlowsDownLosesItsPlace) {
  UpstreamOrder order(2);
  EXPECT_THAT(rank(order, {{State::Up, 50ms}, {State::Up, 60ms}}), ElementsAre(0, 1));
  EXPECT_THAT(rank(order, {{State::Up, 90ms}, {State::Up, 60ms}}), ElementsAre(1, 0));
}

/// The order of ten upstreams whose RTTs are `factor` apart, slowest first, once their smoothed RTTs have
/// come from `start` to where they belong.
std::vector<std::uint16_t> settle(double factor, Duration start) {
  UpstreamOrder order(10);
  std::vector<Duration> target(10);
  double rtt = 10e6;  // ns
  for (std::size_t i = target.size(); i-- > 0; rtt *= factor)
    target[i] = Duration(static_cast<Duration::rep>(rtt));
  std::vector<Standing> standings(10, {State::Up, start});
  std::vector<std::uint16_t> ranked = rank(order, standings);
  for (int round = 0; round < 200; ++round) {
    for (std::size_t i = 0; i < target.size(); ++i) {
      standings[i].smoothed_rtt = (7 * *standings[i].smoothed_rtt + target[i]) / 8;
    }
    ranked = rank(order, standings);
  }
  return ranked;
}

TEST(UpstreamOrder, ManyUpstreamsAFifthApartAreSortedOnceMeasured) {
  UpstreamOrder order(10);
  EXPECT_THAT(rank(order, std::vector<Standing>(10)), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  std::vector<Standing> standings;
  for (double rtt = 100e6; standings.size() < 10; rtt /= 1.2) {
    standings.push_back({State::Up, Duration(static_cast<Duration::rep>(rtt))});
  }
  EXPECT_THAT(rank(order, standings), ElementsAre(9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
}

// What is noted may be a fifth off either way, so that half as much again is always seen.
TEST(UpstreamOrder, ManyUpstreamsEndUpSortedWhereverTheirRttsComeFrom) {
  for (const Duration start :
       {Duration(1ms), Duration(30ms), Duration(50ms), Duration(400ms), Duration(3s)}) {
    EXPECT_THAT(settle(1.51, start), ElementsAre(9, 8, 7, 6, 5, 4, 3, 2, 1, 0)) << "from " << start.count();
  }
}

}  // namespace
}  // namespace pacedns::plan
