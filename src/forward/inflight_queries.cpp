#include "pacedns/forward/inflight_queries.hpp"

#include <utility>

namespace pacedns::forward {

Flight* InflightQueries::find(Handle handle) const {
  const std::uint32_t slot = slot_of(handle);
  if (slot >= slots_.size() || handle_of(slot) != handle) return nullptr;
  return slots_[slot].flight.get();
}

Flight* InflightQueries::find(const cache::CacheKey& key) const {
  const auto found = by_key_.find(KeyReference{&key});
  return found == by_key_.end() ? nullptr : slots_[found->second].flight.get();
}

InflightQueries::Handle InflightQueries::add(std::unique_ptr<Flight> flight) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  by_key_.erase(KeyReference{&flight->key});
  by_key_.emplace(KeyReference{&flight->key}, slot);
  slots_[slot].flight = std::move(flight);
  ++size_;
  return handle_of(slot);
}

void InflightQueries::remove(Handle handle) {
  const Flight* const flight = find(handle);
  if (flight == nullptr) return;
  const std::uint32_t slot = slot_of(handle);
  const auto known = by_key_.find(KeyReference{&flight->key});
  if (known != by_key_.end() && known->second == slot) by_key_.erase(known);
  slots_[slot].flight.reset();
  ++slots_[slot].reused;
  free_.push_back(slot);
  --size_;
}

}  // namespace pacedns::forward
