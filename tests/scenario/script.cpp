#include "scenario/script.hpp"

#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

namespace pacedns::scenario {
namespace {

std::optional<Line> parse_line(const std::string& content, int number) {
  std::istringstream stream(content);
  Line line{.number = number, .verb = {}, .words = {}, .text = {}};
  std::string word;
  while (stream >> word && !word.starts_with('#')) {
    if (line.verb.empty()) {
      line.verb = word;
    } else if (word.ends_with(':')) {
      if (word.size() > 1) line.words.push_back(word.substr(0, word.size() - 1));
      std::getline(stream >> std::ws, line.text);
    } else {
      line.words.push_back(word);
    }
  }
  if (line.verb.empty()) return std::nullopt;
  return line;
}

}  // namespace

const std::string& Line::word(std::size_t index, const char* what) const {
  if (index >= words.size()) throw Failure("`" + verb + "` needs " + what);
  return words[index];
}

std::string Line::words_from(std::size_t index) const {
  std::string joined;
  for (std::size_t i = index; i < words.size(); ++i)
    joined += (joined.empty() ? "" : " ") + words[i];
  return joined;
}

std::vector<Line> parse_script(const std::string& content) {
  std::vector<Line> lines;
  std::istringstream stream(content);
  std::string text;
  for (int number = 1; std::getline(stream, text); ++number) {
    if (auto line = parse_line(text, number)) lines.push_back(std::move(*line));
  }
  return lines;
}

std::vector<Line> read_script(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Failure("cannot be read");
  return parse_script(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace pacedns::scenario
