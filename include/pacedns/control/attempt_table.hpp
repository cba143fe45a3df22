#pragma once

#include <string>

#include "pacedns/control/json_view.hpp"

namespace pacedns::control {

/// The attempts of a flight, a line each: when the upstream was asked, how long it took and what it said,
/// and under it what else is worth knowing.
[[nodiscard]] std::string attempt_table(JsonView attempts);

}  // namespace pacedns::control
