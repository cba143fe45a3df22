#include "pacedns/plan/deadline_queue.hpp"

namespace pacedns::plan {

void DeadlineQueue::set(Id id, TimePoint deadline) {
  if (deadline == kNever) {
    remove(id);
    return;
  }
  if (id >= places_.size()) places_.resize(id + std::size_t{1}, kAbsent);
  if (places_[id] == kAbsent) {
    heap_.push_back({});
    place(heap_.size() - 1, {deadline, id});
    sift_up(heap_.size() - 1);
    return;
  }
  const std::size_t index = places_[id];
  heap_[index].deadline = deadline;
  sift_up(index);
  sift_down(places_[id]);
}

void DeadlineQueue::remove(Id id) {
  if (id >= places_.size() || places_[id] == kAbsent) return;
  const std::size_t index = places_[id];
  places_[id] = kAbsent;
  const Entry last = heap_.back();
  heap_.pop_back();
  if (last.id == id) return;
  place(index, last);
  sift_up(index);
  sift_down(places_[last.id]);
}

std::optional<DeadlineQueue::Id> DeadlineQueue::due(TimePoint now) const {
  if (heap_.empty() || heap_.front().deadline > now) return std::nullopt;
  return heap_.front().id;
}

void DeadlineQueue::place(std::size_t index, Entry entry) {
  heap_[index] = entry;
  places_[entry.id] = index;
}

void DeadlineQueue::sift_up(std::size_t index) {
  const Entry entry = heap_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (heap_[parent].deadline <= entry.deadline) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, entry);
}

void DeadlineQueue::sift_down(std::size_t index) {
  const Entry entry = heap_[index];
  while (true) {
    std::size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].deadline < heap_[child].deadline) ++child;
    if (entry.deadline <= heap_[child].deadline) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, entry);
}

}  // namespace pacedns::plan
