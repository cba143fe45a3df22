#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pacedns::metrics {

/// What is counted, once for each event, where it happens.
enum class Counter : std::uint8_t {
  QueriesUdp,
  QueriesTcp,
  CacheHits,
  CacheMisses,
  FlightsStarted,
  FlightsJoined,
  FlightsGivenUp,     ///< background collection ended early to make room for new questions
  OverLimitRefusals,  ///< SERVFAIL at once: too many questions, waiters or hand-overs
  AnswersFailed,      ///< every upstream failed; the client got the best failure
  AccessRefusals,
  InvalidQueries,  ///< answered NOTIMP, FORMERR, BADVERS or REFUSED
  DroppedQueries,  ///< not a query at all
  DroppedReplies,  ///< a reply to a client that could not be sent, or whose client had gone
  TcpConnections,
  TcpConnectionsRefused,
  UpstreamQueries,
  UpstreamRetransmissions,
  UpstreamReplies,
  UpstreamMismatches,  ///< wrong ID, peer or question, or unparseable
  UpstreamFailures,
  SecondTierAfterReply,
  SecondTierAfterFailure,
  SecondTierAfterTimeout,
  PoolAdditions,    ///< addresses that the first answer did not have
  PoolRefusals,     ///< replies that could not be merged
  Disagreements,    ///< replies that contradict the first one's RCODE
  ForwardingLoops,  ///< our own questions that came back from an upstream
};

inline constexpr std::size_t kCounterCount = static_cast<std::size_t>(Counter::ForwardingLoops) + 1;

/// snake_case, as it stands in logs.
[[nodiscard]] std::string_view name(Counter counter);

using Snapshot = std::array<std::uint64_t, kCounterCount>;

/// One worker's counters: that worker writes, any thread reads. A write is a plain increment.
class Counters {
 public:
  void add(Counter counter, std::uint64_t amount = 1) {
    auto& value = values_[static_cast<std::size_t>(counter)];
    value.store(value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  [[nodiscard]] std::uint64_t get(Counter counter) const {
    return values_[static_cast<std::size_t>(counter)].load(std::memory_order_relaxed);
  }

  /// Adds the values as they are now to `sum`.
  void add_to(Snapshot& sum) const;

 private:
  alignas(64) std::array<std::atomic<std::uint64_t>, kCounterCount> values_{};
};

}  // namespace pacedns::metrics
