#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pacedns::metrics {

/// Numbers that one thread counts up and any thread reads, one for each enumerator of `Index`. Counting is a
/// plain increment.
template <typename Index, std::size_t kCount>
class Tallies {
 public:
  using Sum = std::array<std::uint64_t, kCount>;

  void add(Index index, std::uint64_t amount = 1) {
    auto& value = values_[static_cast<std::size_t>(index)];
    value.store(value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  [[nodiscard]] std::uint64_t get(Index index) const {
    return values_[static_cast<std::size_t>(index)].load(std::memory_order_relaxed);
  }

  /// Adds the values as they are now to `sum`.
  void add_to(Sum& sum) const {
    for (std::size_t i = 0; i < kCount; ++i)
      sum[i] += values_[i].load(std::memory_order_relaxed);
  }

 private:
  alignas(64) std::array<std::atomic<std::uint64_t>, kCount> values_{};
};

}  // namespace pacedns::metrics
