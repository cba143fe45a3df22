#pragma once

#include <string>

#include "pacedns/control/json_view.hpp"

namespace pacedns::control {

/// The indicators of `GET /api/status`, each beside its target and whether that is met.
[[nodiscard]] std::string indicator_table(JsonView indicators);

}  // namespace pacedns::control
