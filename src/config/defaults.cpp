#include "pacedns/config/defaults.hpp"

#include <algorithm>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include <sched.h>

#include "pacedns/config/addresses.hpp"

namespace pacedns::config {
namespace {

std::vector<net::Prefix> ranges(std::span<const std::string_view> entries) {
  std::vector<net::Prefix> result;
  for (const std::string_view text : entries) {
    const auto prefixes = parse_access_entry(text).value();
    result.insert(result.end(), prefixes.begin(), prefixes.end());
  }
  return result;
}

}  // namespace

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
  config.server.allow = ranges(kDefaultAllow);
  config.status.allow = ranges(kDefaultStatusAllow);
  return config;
}

}  // namespace pacedns::config
