#include "pacedns/forward/inflight_queries.hpp"

#include <utility>

namespace pacedns::forward {

Flight* InflightQueries::find(Handle handle) {
  return const_cast<Flight*>(std::as_const(*this).find(handle));  // NOLINT: it is ours to change
}

const Flight* InflightQueries::find(Handle handle) const {
  const std::uint32_t slot = slot_of(handle);
  if (slot >= slots_.size() || handle_of(slot) != handle) return nullptr;
  return slots_[slot]->flight ? &*slots_[slot]->flight : nullptr;
}

Flight* InflightQueries::find(const cache::CacheKey& key) {
  const auto found = by_key_.find(KeyReference{&key});
  return found == by_key_.end() ? nullptr : &*slots_[found->second]->flight;
}

void InflightQueries::remove(Handle handle) {
  if (find(handle) == nullptr) return;
  const std::uint32_t slot = slot_of(handle);
  const auto known = by_key_.find(KeyReference{&slots_[slot]->flight->key});
  if (known != by_key_.end() && known->second == slot) by_key_.erase(known);
  slots_[slot]->flight.reset();
  ++slots_[slot]->reused;
  free_.push_back(slot);
  --size_;
}

}  // namespace pacedns::forward
