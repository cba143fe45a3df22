#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "pacedns/cache/cache_key.hpp"
#include "pacedns/forward/flight.hpp"

namespace pacedns::forward {

/// The flights of one worker: at most one that takes waiters for each key (singleflight), found by key or by
/// a handle that is safe to keep. Handles of flights that are gone find nothing. The memory of as many
/// flights as there have been at once is kept.
class InflightQueries {
 public:
  /// A slot in the low 32 bits, how often it has been reused in the high ones.
  using Handle = std::uint64_t;
  [[nodiscard]] static std::uint32_t slot_of(Handle handle) { return static_cast<std::uint32_t>(handle); }

  [[nodiscard]] Flight* find(Handle handle);
  [[nodiscard]] const Flight* find(Handle handle) const;

  /// The flight that takes waiters for this key.
  [[nodiscard]] Flight* find(const cache::CacheKey& key);

  /// Starts a flight, made from `arguments`, in memory that an earlier one has left if there is any. It is
  /// the one that takes waiters for its key from now on; an older one goes on without new ones.
  template <typename... Arguments>
  Handle emplace(Arguments&&... arguments) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.push_back(std::make_unique<Slot>());
    }
    const std::uint32_t slot = free_.back();
    const Flight& flight = slots_[slot]->flight.emplace(std::forward<Arguments>(arguments)...);
    by_key_.erase(KeyReference{&flight.key});
    by_key_.emplace(KeyReference{&flight.key}, slot);
    free_.pop_back();
    ++size_;
    return handle_of(slot);
  }

  void remove(Handle handle);

  /// Flights for which `wanted(Flight&)` is true go on, but take no more waiters. How many there were.
  template <typename Wanted>
  std::size_t detach_if(Wanted&& wanted) {
    return boost::unordered::erase_if(
        by_key_, [&](const auto& entry) { return wanted(*slots_[entry.second]->flight); });
  }

  [[nodiscard]] Handle handle_of(std::uint32_t slot) const {
    return (std::uint64_t{slots_[slot]->reused} << 32) | slot;
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Slot {
    std::optional<Flight> flight;
    std::uint32_t reused = 0;
  };

  /// Refers to the key within a flight.
  struct KeyReference {
    const cache::CacheKey* key;
    friend bool operator==(KeyReference left, KeyReference right) { return *left.key == *right.key; }
  };
  struct KeyHash {
    std::size_t operator()(KeyReference reference) const { return reference.key->hash(); }
  };

  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
  boost::unordered_flat_map<KeyReference, std::uint32_t, KeyHash> by_key_;
};

}  // namespace pacedns::forward
