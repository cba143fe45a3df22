#pragma once

#include <optional>
#include <string>
#include <string_view>

// Request targets of the control socket.

namespace pacedns::control {

/// A name of 255 octets, all of them written as \DDD.
inline constexpr std::size_t kMaxNameText = 1004;

/// What is plainly wrong with a name as it was typed; the daemon looks closer.
[[nodiscard]] std::optional<std::string> problem_of_name(std::string_view name);

/// For the value of a query parameter: everything but letters, digits and `-._~` as %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

[[nodiscard]] std::string explain_target(std::string_view name, std::string_view type);

/// `key` is `name`, `suffix` or `all`.
[[nodiscard]] std::string flush_target(std::string_view key, std::string_view value);

}  // namespace pacedns::control
