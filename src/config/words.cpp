#include "pacedns/config/words.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace pacedns::config {
namespace {

/// How many letters must be put in, taken out, changed or swapped with their neighbours.
std::size_t edit_distance(std::string_view left, std::string_view right) {
  // distances[i][j] is the distance of the first i letters to the first j.
  std::vector distances(left.size() + 1, std::vector<std::size_t>(right.size() + 1));
  for (std::size_t i = 0; i <= left.size(); ++i) {
    for (std::size_t j = 0; j <= right.size(); ++j) {
      auto& distance = distances[i][j];
      if (i == 0 || j == 0) {
        distance = i + j;
        continue;
      }
      const bool equal = left[i - 1] == right[j - 1];
      distance = std::min(
          {distances[i - 1][j] + 1, distances[i][j - 1] + 1, distances[i - 1][j - 1] + (equal ? 0 : 1)});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        distance = std::min(distance, distances[i - 2][j - 2] + 1);
      }
    }
  }
  return distances.back().back();
}

}  // namespace

std::optional<std::string> nearest_word(std::string_view typed, std::span<const std::string> words) {
  std::optional<std::string> nearest;
  std::size_t shortest = typed.size();
  for (const std::string& word : words) {
    const std::size_t tolerance = std::max<std::size_t>(word.size() / 3, 1);
    // Spares the table for what is out of reach anyway.
    if (typed.size() > word.size() + tolerance) continue;
    const std::size_t distance = edit_distance(typed, word);
    if (distance > tolerance || distance >= shortest) continue;
    shortest = distance;
    nearest = word;
  }
  return nearest;
}

}  // namespace pacedns::config
