#include "pacedns/forward/flight_history.hpp"

#include <algorithm>
#include <utility>

namespace pacedns::forward {

void FlightHistory::limit(std::size_t bytes) {
  limit_ = bytes;
  shrink();
}

void FlightHistory::add(Record record) {
  bytes_ += record->footprint();
  records_.push_back(std::move(record));
  shrink();
}

void FlightHistory::shrink() {
  while (bytes_ > limit_ && !records_.empty()) {
    bytes_ -= records_.front()->footprint();
    records_.pop_front();
    ++dropped_;
  }
}

std::vector<FlightHistory::Record> FlightHistory::newest(std::size_t count) const {
  const auto taken = static_cast<std::ptrdiff_t>(std::min(count, records_.size()));
  return {records_.rbegin(), records_.rbegin() + taken};
}

FlightHistory::Look FlightHistory::look_for(Bytes question, std::optional<std::uint64_t> before) const {
  Look look;
  const std::uint64_t end = dropped_ + records_.size();
  std::uint64_t number = std::min(before.value_or(end), end);
  for (std::size_t seen = 0; seen < kLook && number > dropped_; ++seen) {
    const Record& record = records_[--number - dropped_];
    if (std::ranges::equal(record->question, question)) look.found.push_back(record);
  }
  if (number > dropped_) look.next = number;
  return look;
}

}  // namespace pacedns::forward
