#pragma once

#include <string>
#include <vector>

#include "pacedns/config/config.hpp"

namespace pacedns::config {

/// The keys whose values differ between two configurations, as key paths.
struct ConfigDiff {
  std::vector<std::string> applied;        ///< count as soon as the new configuration is swapped in
  std::vector<std::string> needs_restart;  ///< keep their old values until then

  friend bool operator==(const ConfigDiff&, const ConfigDiff&) = default;
};

[[nodiscard]] ConfigDiff diff(const Config& running, const Config& next);

}  // namespace pacedns::config
