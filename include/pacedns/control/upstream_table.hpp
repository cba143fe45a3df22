#pragma once

#include <string>

#include "pacedns/control/json_view.hpp"

namespace pacedns::control {

/// The upstreams of `GET /api/status`, a line each under a line of headings.
[[nodiscard]] std::string upstream_table(JsonView upstreams);

}  // namespace pacedns::control
