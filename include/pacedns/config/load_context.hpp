#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pacedns/config/config.hpp"
#include "pacedns/config/config_error.hpp"
#include "pacedns/config/document.hpp"
#include "pacedns/config/problem.hpp"

namespace pacedns::config {

/// One load in progress: the configuration as far as it is known, where its values were written, and all
/// that was found wrong. Values are at their defaults until the file says otherwise.
class LoadContext {
 public:
  LoadContext(Config defaults, std::string file) : config(std::move(defaults)), file_(std::move(file)) {}

  Config config;

  void fail(Position position, std::string key_path, std::string message);

  /// "'TEXT' has no unit (ALLOWED; units are ...)"
  void fail(Position position, std::string key_path, std::string_view text, const Problem& problem,
            std::string_view allowed);

  /// Notes where a value that was taken stands; for a list, once for each entry in the order of entries.
  void note(std::string_view path, Position position);

  /// What was noted, empty for a key at its default.
  [[nodiscard]] const std::vector<Position>& written(std::string_view path) const;

  /// Whether nothing at or below `path` has failed.
  [[nodiscard]] bool sound(std::string_view path) const;

  /// The value as a text, or as a list with entries; fails and returns null when it is none.
  [[nodiscard]] const std::string* expect_text(std::string_view path, const Value& value,
                                               std::string_view allowed);
  [[nodiscard]] const Value::List* expect_list(std::string_view path, const Value& value,
                                               std::string_view allowed);

  /// Calls `take` with each member and its path. Members given twice or not among `names` fail instead.
  using TakeMember = std::function<void(const Member&, const std::string& path)>;
  void for_each_member(const Value::Map& map, std::string_view prefix, const std::vector<std::string>& names,
                       const TakeMember& take);

  /// By position in the file.
  [[nodiscard]] std::vector<ConfigError> sorted_errors() const;

 private:
  void fail_kind(std::string_view path, const Value& value, std::string_view wanted,
                 std::string_view allowed);

  std::string file_;
  std::map<std::string, std::vector<Position>, std::less<>> written_;
  std::vector<ConfigError> errors_;
};

/// "a list", "a map", "a single value"
[[nodiscard]] std::string_view kind_of(const Value& value);

}  // namespace pacedns::config
