#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "pacedns/base/flood_limit.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/forward/settings.hpp"
#include "pacedns/metrics/upstream_counters.hpp"
#include "pacedns/plan/query_plan.hpp"
#include "pacedns/plan/upstream_order.hpp"
#include "pacedns/upstream/transport_factory.hpp"

namespace pacedns::forward {

/// One upstream as one worker uses it.
struct Upstream {
  Upstream(upstream::TransportFactory& factory, const UpstreamSetting& setting, unsigned worker);

  upstream::ServerOptions server;
  std::shared_ptr<health::UpstreamHealth> health;
  std::shared_ptr<metrics::UpstreamTotals> totals;
  metrics::UpstreamCounters& counters;       // this worker's
  std::unique_ptr<upstream::Transport> udp;  // none for an upstream that is asked over TCP only
  std::unique_ptr<upstream::Transport> tcp;
  FloodLimit state_changes{std::chrono::seconds(10), 10};
  FloodLimit loops{std::chrono::minutes(1)};
};

/// Whom a flight asks, best first.
struct Choice {
  boost::container::small_vector<std::uint16_t, 8> upstreams;  // indices into the set
  boost::container::small_vector<plan::QueryPlan::Candidate, 8>
      candidates;  // the same, as the plan sees them
};

/// The upstreams of one configuration and their order, for one worker.
class UpstreamSet {
 public:
  /// Upstreams that `before` has too keep their sockets and connections.
  UpstreamSet(upstream::TransportFactory& factory, const Settings& settings, unsigned worker,
              const UpstreamSet* before);

  [[nodiscard]] Upstream& operator[](std::size_t index) { return *upstreams_[index]; }

  [[nodiscard]] std::size_t size() const { return upstreams_.size(); }

  /// Of the upstreams by number, for those who outlive the set.
  using Names = std::shared_ptr<const std::vector<std::string>>;
  [[nodiscard]] const Names& names() const { return names_; }

  /// Just this one, whatever its state.
  [[nodiscard]] Choice only(std::size_t index) const;

  /// Ranks the upstreams. Down ones are left out, but for one whose time for a probe has come; if all are
  /// down, all are asked; if there are none, nobody is. Whoever launches a flight with a probe must end it
  /// (`UpstreamHealth::end_probe`).
  [[nodiscard]] Choice choose(TimePoint now);

 private:
  void add(std::uint16_t index, bool probe, Choice& choice) const;

  std::vector<std::shared_ptr<Upstream>> upstreams_;
  Names names_;
  plan::UpstreamOrder order_;
  std::vector<plan::Standing> standings_;
};

}  // namespace pacedns::forward
