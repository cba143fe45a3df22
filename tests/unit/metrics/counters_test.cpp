#include "pacedns/metrics/counters.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>

namespace pacedns::metrics {
namespace {

Counter counter(std::size_t index) {
  return static_cast<Counter>(index);
}

bool is_snake_case(std::string_view text) {
  if (text.empty() || text.front() == '_' || text.back() == '_') return false;
  if (text.find("__") != std::string_view::npos) return false;
  for (const char sign : text) {
    if (sign != '_' && (sign < 'a' || sign > 'z') && (sign < '0' || sign > '9')) return false;
  }
  return true;
}

TEST(Counters, NamesAreUniqueAndSnakeCase) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kCounterCount; ++i) {
    EXPECT_TRUE(is_snake_case(name(counter(i)))) << name(counter(i));
    EXPECT_TRUE(names.insert(name(counter(i))).second) << name(counter(i));
  }
}

TEST(Counters, NamesStandInTheOrderOfTheEnumeration) {
  EXPECT_EQ(name(Counter::QueriesUdp), "queries_udp");
  EXPECT_EQ(name(Counter::CacheMisses), "cache_misses");
  EXPECT_EQ(name(Counter::FlightsGivenUp), "flights_given_up");
  EXPECT_EQ(name(Counter::InvalidQueries), "invalid_queries");
  EXPECT_EQ(name(Counter::TcpConnectionsRefused), "tcp_connections_refused");
  EXPECT_EQ(name(Counter::UpstreamMismatches), "upstream_mismatches");
  EXPECT_EQ(name(Counter::SecondTierAfterTimeout), "second_tier_after_timeout");
  EXPECT_EQ(name(Counter::ResponsesOther), "responses_other");
  EXPECT_EQ(name(Counter::LaunchesProbe), "launches_probe");
  EXPECT_EQ(name(Counter::Disagreements), "disagreements");
  EXPECT_EQ(name(Counter::ForwardingLoops), "forwarding_loops");
  EXPECT_EQ(name(Counter::ReloadsFailed), "reloads_failed");
}

TEST(Counters, BeginAtZero) {
  const Counters counters;
  for (std::size_t i = 0; i < kCounterCount; ++i)
    EXPECT_EQ(counters.get(counter(i)), 0U);
}

TEST(Counters, EachCountsForItself) {
  Counters counters;
  for (std::size_t i = 0; i < kCounterCount; ++i)
    counters.add(counter(i), i + 1);
  counters.add(Counter::CacheHits);
  for (std::size_t i = 0; i < kCounterCount; ++i) {
    const std::uint64_t expected = i + 1 + (counter(i) == Counter::CacheHits ? 1 : 0);
    EXPECT_EQ(counters.get(counter(i)), expected) << name(counter(i));
  }
}

TEST(Counters, CountBeyondThirtyTwoBits) {
  Counters counters;
  counters.add(Counter::CacheHits, 0xffffffff);
  counters.add(Counter::CacheHits);
  EXPECT_EQ(counters.get(Counter::CacheHits), 0x100000000U);
}

TEST(Counters, ASnapshotSumsTheWorkers) {
  Counters one;
  Counters two;
  one.add(Counter::CacheHits, 3);
  two.add(Counter::CacheHits, 4);
  two.add(Counter::Disagreements);
  one.miss_latency.observe(std::chrono::milliseconds(50));
  two.miss_latency.observe(std::chrono::milliseconds(50));
  two.hit_latency.observe(std::chrono::microseconds(5), 4);
  one.note_launches(2);
  two.note_launches(3);
  Snapshot sum;
  sum.add(one);
  sum.add(two);
  EXPECT_EQ(sum[Counter::CacheHits], 7U);
  EXPECT_EQ(sum[Counter::Disagreements], 1U);
  EXPECT_EQ(sum[Counter::QueriesUdp], 0U);
  EXPECT_EQ(sum.miss_latency.count(), 2U);
  EXPECT_EQ(sum.hit_latency.count(), 4U);
  EXPECT_EQ(sum.launch_peak, 3U) << "the largest, not the sum";
  EXPECT_EQ(one.get(Counter::CacheHits), 3U) << "reading changes nothing";
}

TEST(Counters, TwoSnapshotsTellWhatHappenedBetweenThem) {
  Counters counters;
  counters.add(Counter::CacheHits, 3);
  counters.miss_latency.observe(std::chrono::milliseconds(50));
  counters.note_launches(2);
  Snapshot earlier;
  earlier.add(counters);
  counters.add(Counter::CacheHits, 4);
  counters.miss_latency.observe(std::chrono::milliseconds(80));
  Snapshot later;
  later.add(counters);
  const Snapshot between = later - earlier;
  EXPECT_EQ(between[Counter::CacheHits], 4U);
  EXPECT_EQ(between.miss_latency.count(), 1U);
  EXPECT_EQ(between.miss_latency.sum_us, 80'000U);
  EXPECT_EQ(between.launch_peak, 2U);
}

TEST(Counters, KeepTheLargestLaunchUntilToldToForget) {
  Counters counters;
  counters.note_launches(2);
  counters.note_launches(1);
  EXPECT_EQ(counters.launch_peak(), 2U);
  counters.forget_launches();
  EXPECT_EQ(counters.launch_peak(), 0U);
}

TEST(Counters, EveryTypeHasItsGroup) {
  EXPECT_EQ(queries_by_type(1), Counter::QueriesA);
  EXPECT_EQ(queries_by_type(28), Counter::QueriesAaaa);
  EXPECT_EQ(queries_by_type(65), Counter::QueriesHttps);
  EXPECT_EQ(queries_by_type(64), Counter::QueriesHttps);
  EXPECT_EQ(queries_by_type(12), Counter::QueriesPtr);
  EXPECT_EQ(queries_by_type(48), Counter::QueriesDnssec);
  EXPECT_EQ(queries_by_type(255), Counter::QueriesAny);
  EXPECT_EQ(queries_by_type(0), Counter::QueriesOther);
  EXPECT_EQ(queries_by_type(99), Counter::QueriesOther);
  EXPECT_EQ(queries_by_type(65280), Counter::QueriesOther);
}

TEST(Counters, EveryRcodeHasItsGroup) {
  EXPECT_EQ(responses_by_rcode(0), Counter::ResponsesNoError);
  EXPECT_EQ(responses_by_rcode(2), Counter::ResponsesServFail);
  EXPECT_EQ(responses_by_rcode(3), Counter::ResponsesNxDomain);
  EXPECT_EQ(responses_by_rcode(5), Counter::ResponsesRefused);
  EXPECT_EQ(responses_by_rcode(16), Counter::ResponsesBadVers);
  EXPECT_EQ(responses_by_rcode(9), Counter::ResponsesOther);
  EXPECT_EQ(responses_by_rcode(4000), Counter::ResponsesOther);
}

TEST(Counters, CanBeReadWhileTheirWorkerCounts) {
  Counters counters;
  constexpr std::uint64_t kEvents = 100'000;
  std::thread worker([&counters] {
    for (std::uint64_t i = 0; i < kEvents; ++i)
      counters.add(Counter::QueriesUdp);
  });
  std::uint64_t last = 0;
  while (last < kEvents) {
    const std::uint64_t now = counters.get(Counter::QueriesUdp);
    EXPECT_LE(last, now);
    last = now;
  }
  worker.join();
  EXPECT_EQ(counters.get(Counter::QueriesUdp), kEvents);
}

}  // namespace
}  // namespace pacedns::metrics
