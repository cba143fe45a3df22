#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pacedns/base/time.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/status/report.hpp"

namespace pacedns::status {

/// What the counters stood at during the last minutes, a sample a second, and the smoothed RTT of each
/// upstream, a sample every five. Rates, plots and indicators are made of their differences.
class Timeline {
 public:
  static constexpr Duration kInterval = std::chrono::seconds(1);
  static constexpr std::size_t kSamples = 300;
  static constexpr std::size_t kRttEvery = 5;
  static constexpr std::size_t kRttSamples = 60;

  using RttHistory = std::deque<std::optional<Duration>>;

  /// Called once each `kInterval`, or nearly so.
  void add(const Report& report, TimePoint now);

  /// When the sample is due that follows one that was due at `due` and taken at `now`. An interval after the
  /// other, so that they do not drift; those that were missed, or nearly so, are left out.
  [[nodiscard]] static TimePoint next_due(TimePoint due, TimePoint now);

  /// What was counted within the last `span` of what is known, or from one sample to the next if that is
  /// longer, up to the latest sample; nothing counted before there are two.
  struct Window {
    metrics::Snapshot counted;
    Duration span{};
  };
  [[nodiscard]] Window last(Duration span) const;

  /// One for each interval up to the latest sample, oldest first. If there was no sample for several of them,
  /// what was counted meanwhile, and how long that was, stands for each.
  [[nodiscard]] std::vector<Window> steps() const;

  /// When the latest sample was taken; nothing before the first.
  [[nodiscard]] std::optional<TimePoint> end() const;

  /// Oldest first; empty for an upstream that is not known.
  [[nodiscard]] const RttHistory& rtt_of(const std::string& upstream) const;

 private:
  struct Sample {
    TimePoint at;
    metrics::Snapshot totals;
  };

  void add_rtts(const Report& report);

  std::deque<Sample> samples_;  // one more than there are steps
  std::map<std::string, RttHistory> rtts_;
  std::size_t added_ = 0;
};

}  // namespace pacedns::status
