#pragma once

#include <string>

#include "pacedns/control/json_view.hpp"

namespace pacedns::control {

/// A flight as bars over a time axis, 80 columns wide; nothing when it has too many attempts to be read, or
/// no times.
[[nodiscard]] std::string flight_chart(JsonView flight);

}  // namespace pacedns::control
