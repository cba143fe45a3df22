#pragma once

#include <array>
#include <string_view>

#include "pacedns/config/config.hpp"

namespace pacedns::config {

inline constexpr std::array<std::string_view, 2> kDefaultListen{"127.0.0.1:53", "[::1]:53"};
inline constexpr std::array<std::string_view, 2> kDefaultAllow{"loopback", "private"};
inline constexpr std::array<std::string_view, 1> kDefaultStatusAllow{"loopback"};

/// CPUs that this process may run on (sched_getaffinity(2)), within the limits of `kWorkers`.
[[nodiscard]] unsigned usable_cpus();

/// What an absent key means. No upstream has a default.
[[nodiscard]] Config default_config();

}  // namespace pacedns::config
