#include "pacedns/config/diff.hpp"

#include "pacedns/config/key_table.hpp"

namespace pacedns::config {

ConfigDiff diff(const Config& running, const Config& next) {
  ConfigDiff result;
  for (const Key& key : key_table()) {
    if (key.same(running, next)) continue;
    (key.effect == Effect::Restart ? result.needs_restart : result.applied).push_back(key.path);
  }
  return result;
}

}  // namespace pacedns::config
