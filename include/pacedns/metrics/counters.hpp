#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pacedns/metrics/histogram.hpp"
#include "pacedns/metrics/tallies.hpp"

namespace pacedns::metrics {

/// What is counted, once for each event, where it happens.
enum class Counter : std::uint8_t {
  QueriesUdp,
  QueriesTcp,

  // Queries that may be resolved, by QTYPE.
  QueriesA,
  QueriesAaaa,
  QueriesHttps,  ///< SVCB too
  QueriesPtr,
  QueriesCname,
  QueriesMx,
  QueriesTxt,
  QueriesNs,
  QueriesSoa,
  QueriesSrv,
  QueriesDnssec,  ///< DS, DNSKEY, RRSIG, NSEC, NSEC3, NSEC3PARAM
  QueriesAny,
  QueriesOther,

  // Responses to clients, by RCODE.
  ResponsesNoError,
  ResponsesFormErr,
  ResponsesServFail,
  ResponsesNxDomain,
  ResponsesNotImp,
  ResponsesRefused,
  ResponsesBadVers,
  ResponsesOther,

  SpecialNames,  ///< answered here: no upstream could know
  CacheHits,
  CacheMisses,
  FlightsStarted,
  FlightsFinished,
  FlightsJoined,
  FlightsGivenUp,     ///< background collection ended early to make room for new questions
  OverLimitRefusals,  ///< SERVFAIL at once: too many questions, waiters or hand-overs

  // Flights that have answered their clients, by the tier that the winner was asked in.
  AnswersActiveTier,
  AnswersSecondTier,
  AnswersFailed,  ///< every upstream failed; the clients got the best failure

  AccessRefusals,
  InvalidQueries,      ///< answered NOTIMP, FORMERR, BADVERS or REFUSED
  RateLimitedQueries,  ///< over limits.per_client_qps: truncated, dropped or REFUSED
  DroppedQueries,      ///< not a query at all
  DroppedReplies,      ///< a reply to a client that could not be sent, or whose client had gone
  TcpConnections,
  TcpConnectionsRefused,
  TcpAcceptsFailed,  ///< mostly for want of a descriptor; tried again

  UpstreamQueries,
  UpstreamRetransmissions,
  UpstreamReplies,
  UpstreamMismatches,  ///< wrong ID, peer or question, or unparseable
  UpstreamSuspicions,  ///< attempts that went on over TCP, since replies to them looked forged
  UpstreamFailures,
  IgnoredReplies,    ///< they had an address of answers.ignore_addresses
  ReboundAddresses,  ///< private ones that were taken out of a public upstream's reply

  LaunchesActiveTier,
  LaunchesSecondTier,
  LaunchesProbe,
  SecondTierAfterReply,
  SecondTierAfterFailure,
  SecondTierAfterTimeout,

  BackgroundQueries,  ///< under way when the clients were answered, or launched after that
  BackgroundReplies,  ///< usable replies to those, before the deadline

  PoolAdditions,             ///< addresses that the first answer did not have
  PoolRefusalsOtherOwner,    ///< replies that were not merged: their CNAME chain ends at another name
  PoolRefusalsNotMergeable,  ///< RRSIGs, or an answer that cannot be followed
  PoolRefusalsFull,          ///< replies some of whose addresses the pool had no room for
  Disagreements,             ///< replies that contradict the first one's RCODE, or have no address

  ForwardingLoops,  ///< our own questions that came back from an upstream
  Reloads,
  ReloadsFailed,
};

inline constexpr std::size_t kCounterCount = static_cast<std::size_t>(Counter::ReloadsFailed) + 1;

/// snake_case, as it stands in logs.
[[nodiscard]] std::string_view name(Counter counter);

/// Where a query of this QTYPE is counted.
[[nodiscard]] Counter queries_by_type(std::uint16_t qtype);

/// Where a response with this RCODE is counted.
[[nodiscard]] Counter responses_by_rcode(std::uint16_t rcode);

/// One worker's counters: that worker writes, any thread reads.
class Counters : public Tallies<Counter, kCounterCount> {
 public:
  /// From the query's arrival until its response was made; sending is not in it.
  Histogram hit_latency;
  Histogram miss_latency;

  /// The most queries for one question that have left in the same instant. The writer is the worker.
  void note_launches(std::uint64_t at_once) {
    if (at_once > launch_peak()) launch_peak_.store(at_once, std::memory_order_relaxed);
  }
  void forget_launches() { launch_peak_.store(0, std::memory_order_relaxed); }

  /// How many flights its history holds. The writer is the worker.
  void note_remembered(std::uint64_t flights) { remembered_.store(flights, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t remembered() const { return remembered_.load(std::memory_order_relaxed); }

  [[nodiscard]] std::uint64_t launch_peak() const { return launch_peak_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> launch_peak_{0};
  std::atomic<std::uint64_t> remembered_{0};
};

/// The sum over all workers at one moment.
struct Snapshot {
  Counters::Sum counters{};
  HistogramCounts hit_latency;
  HistogramCounts miss_latency;
  std::uint64_t launch_peak = 0;  ///< the largest of all
  std::uint64_t remembered = 0;   ///< flights in the histories

  [[nodiscard]] std::uint64_t operator[](Counter counter) const {
    return counters[static_cast<std::size_t>(counter)];
  }

  void add(const Counters& worker);

  /// What was counted between two moments. Peak and histories are the later one's.
  friend Snapshot operator-(const Snapshot& later, const Snapshot& earlier);
};

}  // namespace pacedns::metrics
