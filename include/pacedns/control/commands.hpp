#pragma once

#include <functional>
#include <iosfwd>
#include <string>

#include "pacedns/control/client.hpp"

namespace pacedns::control {

/// Where a command writes to, and how.
struct Console {
  std::ostream& out;
  std::ostream& err;
  bool json = false;      ///< what the daemon says, instead of text
  bool terminal = false;  ///< `out` understands escape sequences
};

// Each asks the daemon once and writes the outcome; false when it has written an error instead.

[[nodiscard]] bool show_status(const Client& client, const Console& console);

/// `now_s` as in explain_text().
[[nodiscard]] bool show_explanation(const Client& client, const Console& console, const std::string& target,
                                    double now_s);
[[nodiscard]] bool flush_cache(const Client& client, const Console& console, const std::string& target);
[[nodiscard]] bool dump_cache(const Client& client, const Console& console);

}  // namespace pacedns::control
