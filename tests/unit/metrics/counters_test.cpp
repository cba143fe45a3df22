#include "pacedns/metrics/counters.hpp"

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
  EXPECT_EQ(name(Counter::Disagreements), "disagreements");
  EXPECT_EQ(name(Counter::ForwardingLoops), "forwarding_loops");
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
  Snapshot sum{};
  one.add_to(sum);
  two.add_to(sum);
  EXPECT_EQ(sum[static_cast<std::size_t>(Counter::CacheHits)], 7U);
  EXPECT_EQ(sum[static_cast<std::size_t>(Counter::Disagreements)], 1U);
  EXPECT_EQ(sum[static_cast<std::size_t>(Counter::QueriesUdp)], 0U);
  EXPECT_EQ(one.get(Counter::CacheHits), 3U) << "reading changes nothing";
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
