#pragma once

#include "pacedns/config/key.hpp"

// The keys whose value is a list of addresses or ranges.

namespace pacedns::config {

[[nodiscard]] Key listen_key();
[[nodiscard]] Key allow_key();

}  // namespace pacedns::config
