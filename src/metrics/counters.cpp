#include "pacedns/metrics/counters.hpp"

namespace pacedns::metrics {

std::string_view name(Counter counter) {
  static constexpr std::array<std::string_view, kCounterCount> kNames{
      "queries_udp",
      "queries_tcp",
      "cache_hits",
      "cache_misses",
      "flights_started",
      "flights_joined",
      "flights_given_up",
      "over_limit_refusals",
      "answers_failed",
      "access_refusals",
      "invalid_queries",
      "dropped_queries",
      "dropped_replies",
      "tcp_connections",
      "tcp_connections_refused",
      "upstream_queries",
      "upstream_retransmissions",
      "upstream_replies",
      "upstream_mismatches",
      "upstream_failures",
      "second_tier_after_reply",
      "second_tier_after_failure",
      "second_tier_after_timeout",
      "pool_additions",
      "pool_refusals",
      "disagreements",
      "forwarding_loops",
  };
  static_assert(!kNames.back().empty(), "each counter has a name");
  return kNames[static_cast<std::size_t>(counter)];
}

void Counters::add_to(Snapshot& sum) const {
  for (std::size_t i = 0; i < kCounterCount; ++i)
    sum[i] += values_[i].load(std::memory_order_relaxed);
}

}  // namespace pacedns::metrics
