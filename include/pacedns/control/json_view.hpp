#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

namespace pacedns::control {

/// A look at JSON that may be of another version of pacedns: what is missing, null or of another type than
/// asked for is simply not there. Refers to the value, which must outlive it.
class JsonView {
 public:
  JsonView() = default;
  explicit JsonView(const boost::json::value& value) : value_(&value) {}

  /// The member, or a view of nothing.
  [[nodiscard]] JsonView operator[](std::string_view key) const;

  /// The elements of an array, or none.
  [[nodiscard]] std::vector<JsonView> items() const;

  [[nodiscard]] std::optional<double> number() const;

  /// Without what a terminal could take for a command.
  [[nodiscard]] std::optional<std::string> text() const;

  [[nodiscard]] bool is_true() const;
  [[nodiscard]] std::optional<bool> boolean() const;

  /// A text, a number or true/false as text; otherwise `?`.
  [[nodiscard]] std::string shown() const;

 private:
  const boost::json::value* value_ = nullptr;
};

}  // namespace pacedns::control
