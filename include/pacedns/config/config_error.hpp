#pragma once

#include <string>
#include <string_view>

namespace pacedns::config {

/// One thing that is wrong with a configuration file, and where.
struct ConfigError {
  std::string file;
  int line = 1;  ///< line and column count from 1
  int column = 1;
  std::string key_path;  ///< empty when the file as a whole is meant
  std::string message;   ///< what is wrong, and in parentheses what is allowed

  friend bool operator==(const ConfigError&, const ConfigError&) = default;
};

/// `FILE:LINE:COLUMN: key.path: what is wrong (what is allowed)`
[[nodiscard]] std::string to_string(const ConfigError& error);

/// The user's own words as part of a message: on one line, printable, not endless.
[[nodiscard]] std::string printable(std::string_view text);

/// As `printable`, in quotes.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace pacedns::config
