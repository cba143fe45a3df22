#pragma once

#include "pacedns/config/key.hpp"

namespace pacedns::config {

/// `upstream.servers`: a list whose entries are an address, or a map of `address` and `name`.
[[nodiscard]] Key servers_key();

}  // namespace pacedns::config
