#pragma once

// Reads a script (YAML). The keys are described in tools/upstream/README.md.

#include <stdexcept>
#include <string>

#include "upstream/script.hpp"

namespace pacedns::simulator {

/// `FILE:LINE:COLUMN: key.path: what is wrong`, for the first thing that is wrong.
class ScriptError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws ScriptError. `source` is what messages call the file.
[[nodiscard]] Script load_script(const std::string& yaml, const std::string& source);

/// A YAML list of records in presentation format, as the control command `set NAME answer` takes it. Throws
/// ValueError.
[[nodiscard]] std::vector<Record> parse_record_list(const std::string& yaml);

}  // namespace pacedns::simulator
