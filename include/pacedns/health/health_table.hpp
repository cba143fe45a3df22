#pragma once

#include <map>
#include <memory>
#include <string>

#include "pacedns/health/upstream_health.hpp"

namespace pacedns::health {

/// Which upstream's health is which, by an identity that outlives a reload. Used by the thread that loads
/// configurations; the `UpstreamHealth` it hands out may be used by all.
class HealthTable {
 public:
  /// The health of the upstream with this identity: the one already known as long as anybody uses it.
  [[nodiscard]] std::shared_ptr<UpstreamHealth> of(const std::string& identity) {
    std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
    auto& known = known_[identity];
    auto health = known.lock();
    if (!health) known = health = std::make_shared<UpstreamHealth>();
    return health;
  }

 private:
  std::map<std::string, std::weak_ptr<UpstreamHealth>> known_;
};

}  // namespace pacedns::health
