#pragma once

#include <string>

#include "pacedns/control/json_view.hpp"

namespace pacedns::control {

/// One entry of `cached`: since when, for how long, by which flight, and the records.
[[nodiscard]] std::string cached_text(JsonView entry);

/// ` (DO, CD)`, whichever the question had set, or nothing.
[[nodiscard]] std::string flags_text(JsonView question);

}  // namespace pacedns::control
