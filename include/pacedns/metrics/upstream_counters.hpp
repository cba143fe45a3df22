#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "pacedns/metrics/histogram.hpp"
#include "pacedns/metrics/tallies.hpp"

namespace pacedns::metrics {

/// What is counted for each upstream.
enum class UpstreamCounter : std::uint8_t {
  // Questions that it was asked first, by tier; retransmissions and retries belong to them.
  QueriesActiveTier,
  QueriesSecondTier,
  QueriesProbe,
  Retransmissions,

  // Replies that matched a query, by what they were worth.
  RepliesUsable,
  RepliesFailure,    ///< an RCODE that is no use to a client
  RepliesTruncated,  ///< TC=1: asked again over TCP
  RepliesNoEdns,     ///< asked again without EDNS

  Wins,           ///< usable replies that answered clients
  NetworkErrors,  ///< ICMP errors, refused or reset connections
  Silences,       ///< no reply by the deadline
  Mismatches,     ///< wrong ID, peer or question, or unparseable: spoofed, or far too late
};

inline constexpr std::size_t kUpstreamCounterCount =
    static_cast<std::size_t>(UpstreamCounter::Mismatches) + 1;

/// What one worker counts for one upstream: that worker writes, any thread reads.
class UpstreamCounters : public Tallies<UpstreamCounter, kUpstreamCounterCount> {
 public:
  /// From the transmission that was answered to the usable reply, late ones included.
  Histogram rtt;
};

/// The sum over all workers at one moment.
struct UpstreamSnapshot {
  UpstreamCounters::Sum counters{};
  HistogramCounts rtt;

  [[nodiscard]] std::uint64_t operator[](UpstreamCounter counter) const {
    return counters[static_cast<std::size_t>(counter)];
  }
};

/// What all workers count for one upstream, each in its own part. Any thread may call.
class UpstreamTotals {
 public:
  /// The part of worker number `worker`; it stays where it is as long as this object.
  [[nodiscard]] UpstreamCounters& of_worker(std::size_t worker) {
    const std::scoped_lock lock(mutex_);
    while (parts_.size() <= worker)
      parts_.push_back(std::make_unique<UpstreamCounters>());
    return *parts_[worker];
  }

  [[nodiscard]] UpstreamSnapshot sum() const {
    const std::scoped_lock lock(mutex_);
    UpstreamSnapshot snapshot;
    for (const auto& part : parts_) {
      part->add_to(snapshot.counters);
      part->rtt.add_to(snapshot.rtt);
    }
    return snapshot;
  }

 private:
  mutable std::mutex mutex_;  // of the list, not of what is counted
  std::vector<std::unique_ptr<UpstreamCounters>> parts_;
};

}  // namespace pacedns::metrics
