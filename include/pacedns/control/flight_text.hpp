#pragma once

#include <string>

#include "pacedns/control/json_view.hpp"

namespace pacedns::control {

/// A flight: when it was and what came of it, whom it asked when and what they said, a time chart where
/// there is room for one, and who gave which address.
[[nodiscard]] std::string flight_text(JsonView flight, double now_s);

}  // namespace pacedns::control
