#include "pacedns/control/columns.hpp"

namespace pacedns::control {

std::string left(std::string_view text, std::size_t width) {
  if (text.size() > width)
    return width < 2 ? std::string(text.substr(0, width)) : std::string(text.substr(0, width - 2)) + "..";
  return std::string(text) + std::string(width - text.size(), ' ');
}

std::string right(std::string_view text, std::size_t width) {
  return std::string(text.size() < width ? width - text.size() : 0, ' ') + std::string(text);
}

std::string wrapped(const std::vector<std::string>& words, std::size_t indent) {
  std::string text;
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty() && indent + line.size() + 1 + word.size() > kColumns) {
      text += std::string(indent, ' ') + line + '\n';
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  if (!line.empty()) text += std::string(indent, ' ') + line + '\n';
  return text;
}

std::string wrapped(std::string_view sentence, std::size_t indent) {
  std::vector<std::string> words;
  while (!sentence.empty()) {
    const std::size_t end = sentence.find(' ');
    if (end != 0) words.emplace_back(sentence.substr(0, end));
    sentence.remove_prefix(end == std::string_view::npos ? sentence.size() : end + 1);
  }
  return wrapped(words, indent);
}

}  // namespace pacedns::control
