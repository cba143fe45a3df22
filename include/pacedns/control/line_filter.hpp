#pragma once

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

namespace pacedns::control {

/// Cuts what comes in pieces into lines and writes each, changed by a function. Holds no more than one line,
/// and of a very long one only a part.
class LineFilter {
 public:
  using Change = std::string (*)(std::string_view line);

  LineFilter(std::ostream& out, Change change);

  /// False when it cannot be written.
  [[nodiscard]] bool take(std::string_view piece);

  /// Writes what is left after the last line break.
  [[nodiscard]] bool finish();

 private:
  static constexpr std::size_t kLongestLine = std::size_t{1} << 20;

  std::ostream& out_;
  Change change_;
  std::string line_;
};

}  // namespace pacedns::control
