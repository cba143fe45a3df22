#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "pacedns/config/loader.hpp"

// Loading in one line, for tests.

namespace pacedns::config {

/// The errors of a text as a user sees them.
inline std::vector<std::string> errors_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const ConfigError& error : load_text(text, "f").errors)
    lines.push_back(to_string(error));
  return lines;
}

/// A text that must load.
inline Config config_of(std::string_view text) {
  const LoadResult result = load_text(text, "f");
  if (!result) throw std::runtime_error(to_string(result.errors.front()));
  return *result.config;
}

/// What every configuration needs, and `more` on the lines after it.
inline std::string with_server(std::string_view more) {
  return "upstream: { servers: [9.9.9.9] }\n" + std::string(more);
}

}  // namespace pacedns::config
