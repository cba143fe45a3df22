#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pacedns/base/time.hpp"
#include "pacedns/health/upstream_health.hpp"

namespace pacedns::plan {

/// What ranking needs to know of one upstream.
struct Standing {
  health::State state = health::State::Up;
  std::optional<Duration> smoothed_rtt;
};

/// Ranks upstreams: up before suspect before down, then by smoothed RTT; unmeasured ones behind measured
/// ones in configured order.
///
/// Two upstreams that are equally fast must not change places with every reply, so each is ranked by the
/// RTT that was last noted for it. A new one is noted only when it has moved by more than a fifth (and a
/// millisecond). Unlike a margin between neighbours this keeps the order total.
class UpstreamOrder {
 public:
  explicit UpstreamOrder(std::size_t upstreams) : noted_(upstreams) {}

  /// The indices of all upstreams, best first. `standings[i]` is upstream i, in configured order.
  [[nodiscard]] std::span<const std::uint16_t> rank(std::span<const Standing> standings);

 private:
  std::vector<std::optional<Duration>> noted_;
  std::vector<std::uint16_t> order_;
};

}  // namespace pacedns::plan
