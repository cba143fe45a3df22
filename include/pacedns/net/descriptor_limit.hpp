#pragma once

#include <cstddef>

namespace pacedns::net {

/// How many descriptors this process may have open (RLIMIT_NOFILE).
[[nodiscard]] std::size_t descriptor_limit();

}  // namespace pacedns::net
