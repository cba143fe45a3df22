#include "pacedns/forward/upstream_set.hpp"

#include <algorithm>

#include "pacedns/upstream/tcp_transport.hpp"
#include "pacedns/upstream/udp_transport.hpp"

namespace pacedns::forward {

Upstream::Upstream(const upstream::TransportContext& context, const UpstreamSetting& setting)
    : server(setting.server),
      health(setting.health),
      tcp(std::make_unique<upstream::TcpTransport>(context, setting.server.endpoint)) {
  if (server.protocol == upstream::Protocol::Udp) {
    udp = std::make_unique<upstream::UdpTransport>(context, server.endpoint);
  }
}

UpstreamSet::UpstreamSet(const upstream::TransportContext& context, const Settings& settings,
                         const UpstreamSet* before)
    : order_(settings.upstreams.size()), standings_(settings.upstreams.size()) {
  for (const UpstreamSetting& setting : settings.upstreams) {
    std::shared_ptr<Upstream> kept;
    if (before != nullptr) {
      const auto& known = before->upstreams_;
      const auto found = std::ranges::find_if(known, [&](const auto& each) { return each->server == setting.server; });
      if (found != known.end()) kept = *found;
    }
    upstreams_.push_back(kept ? kept : std::make_shared<Upstream>(context, setting));
  }
}

Choice UpstreamSet::choose(TimePoint now) {
  for (std::size_t i = 0; i < upstreams_.size(); ++i) {
    const auto& health = *upstreams_[i]->health;
    standings_[i] = {health.state(), health.smoothed_rtt()};
  }
  const auto ranked = order_.rank(standings_);
  // Down upstreams rank last: if the first is down, all are.
  const bool all_down = standings_[ranked.front()].state == health::State::Down;

  Choice choice;
  for (const std::uint16_t index : ranked) {
    auto& health = *upstreams_[index]->health;
    const bool probe = !all_down && standings_[index].state == health::State::Down;
    if (probe && !health.try_begin_probe(now)) continue;
    choice.upstreams.push_back(index);
    choice.candidates.push_back({.retransmission_time = health.retransmission_time(), .probe = probe});
    if (probe) break;
  }
  return choice;
}

}  // namespace pacedns::forward
