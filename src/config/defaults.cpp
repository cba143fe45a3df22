#include "pacedns/config/defaults.hpp"

#include <algorithm>
#include <thread>

#include <sched.h>

#include "pacedns/config/addresses.hpp"

namespace pacedns::config {

unsigned usable_cpus() {
  cpu_set_t usable;
  CPU_ZERO(&usable);
  // Fails on machines with more CPUs than the set has room for.
  const unsigned count = sched_getaffinity(0, sizeof(usable), &usable) == 0
                             ? static_cast<unsigned>(CPU_COUNT(&usable))
                             : std::thread::hardware_concurrency();
  return std::clamp(count, kWorkers.minimum, kWorkers.maximum);
}

Config default_config() {
  Config config;
  config.workers = usable_cpus();
  for (const std::string_view text : kDefaultListen) {
    config.server.listen.push_back(parse_listen_address(text, upstream::kDnsPort).value());
  }
  for (const std::string_view text : kDefaultAllow) {
    const auto prefixes = parse_access_entry(text).value();
    config.server.allow.insert(config.server.allow.end(), prefixes.begin(), prefixes.end());
  }
  return config;
}

}  // namespace pacedns::config
