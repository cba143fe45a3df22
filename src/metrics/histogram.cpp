#include "pacedns/metrics/histogram.hpp"

#include <algorithm>
#include <numeric>

namespace pacedns::metrics {
namespace {

void increase(std::atomic<std::uint64_t>& value, std::uint64_t amount) {
  value.store(value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

}  // namespace

std::uint64_t HistogramCounts::count() const {
  return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

std::optional<Duration> HistogramCounts::quantile(double quantile) const {
  const std::uint64_t total = count();
  if (total == 0) return std::nullopt;
  const double rank = quantile * static_cast<double>(total);
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < kLatencyBounds.size(); ++i) {
    const std::uint64_t in_bucket = buckets[i];
    if (in_bucket > 0 && static_cast<double>(before + in_bucket) >= rank) {
      const Duration from = i == 0 ? Duration::zero() : Duration(kLatencyBounds[i - 1]);
      const double share = (rank - static_cast<double>(before)) / static_cast<double>(in_bucket);
      const auto width = std::chrono::duration<double, Duration::period>(kLatencyBounds[i] - from);
      return from + std::chrono::duration_cast<Duration>(width * share);
    }
    before += in_bucket;
  }
  return kLatencyBounds.back();
}

HistogramCounts operator-(const HistogramCounts& later, const HistogramCounts& earlier) {
  HistogramCounts difference;
  for (std::size_t i = 0; i < difference.buckets.size(); ++i)
    difference.buckets[i] = later.buckets[i] - earlier.buckets[i];
  difference.sum_us = later.sum_us - earlier.sum_us;
  return difference;
}

void Histogram::observe(Duration took, std::uint64_t times) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(std::max(took, Duration::zero()));
  // Rounded down, but never into the bucket below: a bound belongs to its own bucket.
  const auto bound = std::ranges::lower_bound(kLatencyBounds, took, {},
                                              [](std::chrono::microseconds each) { return Duration(each); });
  increase(buckets_[static_cast<std::size_t>(bound - kLatencyBounds.begin())], times);
  increase(sum_us_, static_cast<std::uint64_t>(us.count()) * times);
}

void Histogram::add_to(HistogramCounts& counts) const {
  for (std::size_t i = 0; i < buckets_.size(); ++i)
    counts.buckets[i] += buckets_[i].load(std::memory_order_relaxed);
  counts.sum_us += sum_us_.load(std::memory_order_relaxed);
}

}  // namespace pacedns::metrics
