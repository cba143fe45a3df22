#pragma once

#include <functional>

#include "pacedns/control/commands.hpp"

namespace pacedns::control {

/// Shows the status again and again, `pause` in between, until that returns false. A daemon that goes away
/// is waited for; one that is not there at the beginning is an error. False when it has written one.
[[nodiscard]] bool watch_status(const Client& client, const Console& console,
                                const std::function<bool()>& pause);

}  // namespace pacedns::control
