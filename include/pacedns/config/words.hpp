#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

// Small helpers for messages about words.

namespace pacedns::config {

/// `a, b, c`
template <typename Range>
[[nodiscard]] std::string comma_separated(const Range& words) {
  std::string joined;
  for (const std::string_view word : words)
    joined.append(joined.empty() ? "" : ", ").append(word);
  return joined;
}

/// The one of `words` that `typed` was probably meant to be, if any is close enough in edit distance.
[[nodiscard]] std::optional<std::string> nearest_word(std::string_view typed,
                                                      std::span<const std::string> words);

}  // namespace pacedns::config
