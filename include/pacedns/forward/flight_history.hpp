#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "pacedns/base/bytes.hpp"
#include "pacedns/base/flood_limit.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/forward/flight_record.hpp"

namespace pacedns::forward {

/// The flights that one worker has finished last, within a number of bytes. Of a flood of questions it takes
/// some, so that what it holds does not shrink to a moment.
class FlightHistory {
 public:
  using Record = std::shared_ptr<const FlightRecord>;

  /// The most flights of one second that are remembered.
  static constexpr unsigned kFlightsPerSecond = 1000;

  /// The most records that one look goes over: some tens of microseconds of its worker's time.
  static constexpr std::size_t kLook = 1024;

  /// In bytes; 0 remembers nothing.
  void limit(std::size_t bytes);

  /// Whether a flight that begins now is to be remembered.
  [[nodiscard]] bool takes(TimePoint now) { return limit_ > 0 && flood_.pass(now).has_value(); }

  void add(Record record);

  /// The newest ones, newest first.
  [[nodiscard]] std::vector<Record> newest(std::size_t count) const;

  /// What one look has found, and where the next one begins; without that, all has been seen.
  struct Look {
    std::vector<Record> found;
    std::optional<std::uint64_t> next;
  };

  /// Those about this question, newest first, among the kLook records before number `before`; without a
  /// number among the newest.
  [[nodiscard]] Look look_for(Bytes question, std::optional<std::uint64_t> before) const;

  [[nodiscard]] std::size_t size() const { return records_.size(); }

 private:
  void shrink();

  std::size_t limit_ = 0;
  std::size_t bytes_ = 0;
  std::deque<Record> records_;  // oldest first
  std::uint64_t dropped_ = 0;   // how many came before: the number of the first record
  FloodLimit flood_{std::chrono::seconds(1), kFlightsPerSecond};
};

}  // namespace pacedns::forward
