#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pacedns/config/config.hpp"
#include "pacedns/config/config_error.hpp"

namespace pacedns::config {

inline constexpr std::size_t kMaxFileSize = std::size_t{1} << 20;

/// A valid configuration, or everything that is wrong with it in the order of the file; never both.
struct LoadResult {
  std::shared_ptr<const Config> config;
  std::vector<ConfigError> errors;

  explicit operator bool() const { return config != nullptr; }
};

/// Reads a configuration file. Whatever is wrong with the file, it is in the result; nothing is thrown.
[[nodiscard]] LoadResult load_file(const std::string& path);

/// The same for a text. `file_name` only goes into the errors.
[[nodiscard]] LoadResult load_text(std::string_view text, const std::string& file_name);

}  // namespace pacedns::config
