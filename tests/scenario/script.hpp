#pragma once

#include <stdexcept>
#include <string>
#include <vector>

// A scenario file as lines of words. README.md says what the words mean.

namespace pacedns::scenario {

/// What is wrong with a line, or with what it led to.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// `verb words…: text`. Everything behind a colon that ends a word is text, kept as it is.
struct Line {
  int number = 0;
  std::string verb;
  std::vector<std::string> words;
  std::string text;

  /// The word at `index`; a failure that names what is missing.
  [[nodiscard]] const std::string& word(std::size_t index, const char* what) const;

  /// All words from `index` on, apart by single spaces.
  [[nodiscard]] std::string words_from(std::size_t index) const;
};

/// Empty lines and comments (from `#` at the beginning of a word) are left out.
[[nodiscard]] std::vector<Line> read_script(const std::string& path);
[[nodiscard]] std::vector<Line> parse_script(const std::string& content);

}  // namespace pacedns::scenario
