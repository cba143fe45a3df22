#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// Text in columns, for terminals of 80.

namespace pacedns::control {

inline constexpr std::size_t kColumns = 80;

/// Exactly that wide: filled up with blanks behind it, or cut with `..` at its end.
[[nodiscard]] std::string left(std::string_view text, std::size_t width);

/// Filled up before it; never cut, since it is a number.
[[nodiscard]] std::string right(std::string_view text, std::size_t width);

/// Words in lines of at most `kColumns`, each indented; a word that is longer has a line of its own. Every
/// line ends in a line break.
[[nodiscard]] std::string wrapped(const std::vector<std::string>& words, std::size_t indent);

/// The same for a sentence.
[[nodiscard]] std::string wrapped(std::string_view sentence, std::size_t indent);

}  // namespace pacedns::control
