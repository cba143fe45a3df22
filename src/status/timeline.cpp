#include "pacedns/status/timeline.hpp"

#include <algorithm>
#include <utility>

namespace pacedns::status {

void Timeline::add(const Report& report, TimePoint now) {
  samples_.push_back({now, report.totals});
  if (samples_.size() > kSamples + 1) samples_.pop_front();
  if (added_++ % kRttEvery == 0) add_rtts(report);
}

// Upstreams that a reload has taken away are forgotten.
void Timeline::add_rtts(const Report& report) {
  std::map<std::string, RttHistory> kept;
  for (const UpstreamReport& upstream : report.upstreams) {
    RttHistory& history = kept[upstream.name];
    if (const auto known = rtts_.find(upstream.name); known != rtts_.end())
      history = std::move(known->second);
    history.push_back(upstream.smoothed_rtt);
    if (history.size() > kRttSamples) history.pop_front();
  }
  rtts_ = std::move(kept);
}

Timeline::Window Timeline::last(Duration span) const {
  if (samples_.size() < 2) return {};
  const Sample& latest = samples_.back();
  // Samples are only nearly an interval apart, and after a pause there is but one step.
  const auto begin = std::find_if(samples_.begin(), samples_.end() - 2, [&](const Sample& each) {
    return latest.at - each.at <= span + kInterval / 2;
  });
  return {latest.totals - begin->totals, latest.at - begin->at};
}

std::vector<Timeline::Window> Timeline::steps() const {
  std::vector<Window> steps;  // newest first
  for (std::size_t i = samples_.size(); i-- > 1 && steps.size() < kSamples;) {
    const Sample& from = samples_[i - 1];
    const Sample& to = samples_[i];
    const auto intervals = (samples_.back().at - from.at + kInterval / 2) / kInterval;
    const auto wanted = std::min(static_cast<std::size_t>(intervals), kSamples);
    if (wanted > steps.size()) steps.resize(wanted, {to.totals - from.totals, to.at - from.at});
  }
  std::ranges::reverse(steps);
  return steps;
}

TimePoint Timeline::next_due(TimePoint due, TimePoint now) {
  return due + ((now - due + kInterval / 2) / kInterval + 1) * kInterval;
}

std::optional<TimePoint> Timeline::end() const {
  if (samples_.empty()) return std::nullopt;
  return samples_.back().at;
}

const Timeline::RttHistory& Timeline::rtt_of(const std::string& upstream) const {
  static const RttHistory kNone;
  const auto found = rtts_.find(upstream);
  return found == rtts_.end() ? kNone : found->second;
}

}  // namespace pacedns::status
