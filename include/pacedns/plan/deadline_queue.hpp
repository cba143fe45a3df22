#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "pacedns/base/time.hpp"

namespace pacedns::plan {

/// Which of many things is due first: a binary heap of small integer ids (slots) in which each id knows its
/// place, so that a deadline can be moved or removed without leaving anything behind. Each step costs
/// O(log n).
class DeadlineQueue {
 public:
  using Id = std::uint32_t;

  /// Sets or moves the deadline of `id`; kNever removes it.
  void set(Id id, TimePoint deadline);
  void remove(Id id);

  /// The earliest deadline; kNever when empty.
  [[nodiscard]] TimePoint next() const { return heap_.empty() ? kNever : heap_.front().deadline; }

  /// The id whose deadline is earliest, if that is at or before `now`. It stays in the queue.
  [[nodiscard]] std::optional<Id> due(TimePoint now) const;

  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);

  struct Entry {
    TimePoint deadline;
    Id id;
  };

  void place(std::size_t index, Entry entry);
  void sift_up(std::size_t index);
  void sift_down(std::size_t index);

  std::vector<Entry> heap_;
  std::vector<std::size_t> places_;  // by id: index into heap_, or kAbsent
};

}  // namespace pacedns::plan
