#include "pacedns/forward/upstream_set.hpp"

#include <algorithm>
#include <utility>

namespace pacedns::forward {

Upstream::Upstream(upstream::TransportFactory& factory, const UpstreamSetting& setting, unsigned worker)
    : server(setting.server),
      health(setting.health),
      totals(setting.totals),
      counters(totals->of_worker(worker)),
      tcp(factory.make_tcp(server.endpoint, counters)) {
  if (server.protocol == upstream::Protocol::Udp) udp = factory.make_udp(server.endpoint, counters);
}

UpstreamSet::UpstreamSet(upstream::TransportFactory& factory, const Settings& settings, unsigned worker,
                         const UpstreamSet* before)
    : order_(settings.upstreams.size()), standings_(settings.upstreams.size()) {
  std::vector<std::string> names;
  for (const UpstreamSetting& setting : settings.upstreams) {
    std::shared_ptr<Upstream> kept;
    if (before != nullptr) {
      const auto& known = before->upstreams_;
      const auto found =
          std::ranges::find_if(known, [&](const auto& each) { return each->server == setting.server; });
      if (found != known.end()) kept = *found;
    }
    upstreams_.push_back(kept ? kept : std::make_shared<Upstream>(factory, setting, worker));
    names.push_back(setting.server.name);
  }
  names_ = std::make_shared<const std::vector<std::string>>(std::move(names));
}

void UpstreamSet::add(std::uint16_t index, bool probe, Choice& choice) const {
  choice.upstreams.push_back(index);
  choice.candidates.push_back({.retransmission_time = upstreams_[index]->health->retransmission_time(),
                               .probe = probe,
                               .stream = upstreams_[index]->udp == nullptr});
}

Choice UpstreamSet::only(std::size_t index) const {
  Choice choice;
  add(static_cast<std::uint16_t>(index), false, choice);
  return choice;
}

Choice UpstreamSet::choose(TimePoint now) {
  for (std::size_t i = 0; i < upstreams_.size(); ++i) {
    const auto& health = *upstreams_[i]->health;
    standings_[i] = {health.state(), health.smoothed_rtt()};
  }
  const auto ranked = order_.rank(standings_);
  // Down upstreams rank last: if the first is down, all are.
  const bool all_down = !ranked.empty() && standings_[ranked.front()].state == health::State::Down;

  Choice choice;
  for (const std::uint16_t index : ranked) {
    auto& health = *upstreams_[index]->health;
    const bool probe = !all_down && standings_[index].state == health::State::Down;
    if (probe && !health.try_begin_probe(now)) continue;
    add(index, probe, choice);
    if (probe) break;
  }
  return choice;
}

}  // namespace pacedns::forward
