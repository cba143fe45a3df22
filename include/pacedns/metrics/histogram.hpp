#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "pacedns/base/time.hpp"

namespace pacedns::metrics {

/// Upper bounds of the buckets, inclusive; a last bucket without bound follows. Close to each other where
/// round trips and the targets lie: `stagger_delay`, 100 ms, `fallback_timeout`, `total_collect_timeout`.
inline constexpr auto kLatencyBounds = std::to_array<std::chrono::microseconds>(
    {std::chrono::microseconds(50),  std::chrono::microseconds(100), std::chrono::microseconds(250),
     std::chrono::microseconds(500), std::chrono::milliseconds(1),   std::chrono::microseconds(2500),
     std::chrono::milliseconds(5),   std::chrono::milliseconds(10),  std::chrono::milliseconds(20),
     std::chrono::milliseconds(30),  std::chrono::milliseconds(40),  std::chrono::milliseconds(50),
     std::chrono::milliseconds(60),  std::chrono::milliseconds(80),  std::chrono::milliseconds(100),
     std::chrono::milliseconds(150), std::chrono::milliseconds(200), std::chrono::milliseconds(300),
     std::chrono::milliseconds(500), std::chrono::seconds(1),        std::chrono::seconds(2),
     std::chrono::seconds(3),        std::chrono::seconds(5)});

/// What a histogram has counted, or what it has counted between two moments.
struct HistogramCounts {
  std::array<std::uint64_t, kLatencyBounds.size() + 1> buckets{};  ///< each without those before it
  std::uint64_t sum_us = 0;

  [[nodiscard]] std::uint64_t count() const;

  /// The duration that a share of `quantile` (0..1) did not exceed, interpolated within its bucket as
  /// Prometheus' histogram_quantile() does; the last bound for what lies beyond it. Nothing if nothing was
  /// counted.
  [[nodiscard]] std::optional<Duration> quantile(double quantile) const;

  friend HistogramCounts operator-(const HistogramCounts& later, const HistogramCounts& earlier);
};

/// How long things took. One thread observes, any thread reads; observing is two plain increments.
class Histogram {
 public:
  void observe(Duration took, std::uint64_t times = 1);

  /// Adds what was counted until now to `counts`.
  void add_to(HistogramCounts& counts) const;

 private:
  std::array<std::atomic<std::uint64_t>, kLatencyBounds.size() + 1> buckets_{};
  std::atomic<std::uint64_t> sum_us_{0};
};

}  // namespace pacedns::metrics
