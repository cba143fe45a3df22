#include "pacedns/control/amounts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace pacedns::control {
namespace {

constexpr const char* kUnknown = "?";

struct Unit {
  double seconds;
  const char* name;
};
constexpr std::array<Unit, 4> kUnits{{{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}}};

}  // namespace

std::string decimal_text(std::optional<double> value, int digits) {
  if (!value || !std::isfinite(*value)) return kUnknown;
  std::array<char, 400> text{};  // the largest double has 309 digits before the point
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), *value, std::chars_format::fixed, digits);
  return error == std::errc() ? std::string(text.data(), end) : kUnknown;
}

std::string count_text(std::optional<double> count) {
  constexpr double kMillion = 1e6;
  if (!count || *count < kMillion) return decimal_text(count, 0);
  if (*count < 1000 * kMillion) return decimal_text(*count / kMillion, 1) + " M";
  return decimal_text(*count / (1000 * kMillion), 1) + " G";
}

std::string size_text(std::optional<double> bytes) {
  if (!bytes) return kUnknown;
  constexpr std::array kNames{" B", " KiB", " MiB", " GiB", " TiB"};
  double size = *bytes;
  std::size_t unit = 0;
  while (size >= 1024 && unit + 1 < kNames.size()) {
    size /= 1024;
    ++unit;
  }
  return decimal_text(size, size == std::floor(size) ? 0 : 1) + kNames[unit];
}

std::string ratio_text(std::optional<double> ratio) {
  return ratio ? decimal_text(*ratio * 100, 1) + " %" : kUnknown;
}

std::string ms_text(std::optional<double> milliseconds) {
  if (!milliseconds) return kUnknown;
  if (*milliseconds >= 1000) return decimal_text(*milliseconds / 1000, 2) + " s";
  return decimal_text(*milliseconds, *milliseconds < 10 && *milliseconds > 0 ? 2 : 1) + " ms";
}

std::string duration_text(std::optional<double> seconds) {
  if (!seconds) return kUnknown;
  double left = std::floor(std::max(*seconds, 0.0));
  for (std::size_t i = 0; i + 1 < kUnits.size(); ++i) {
    if (left < kUnits[i].seconds) continue;
    const double first = std::floor(left / kUnits[i].seconds);
    const double second = std::floor((left - first * kUnits[i].seconds) / kUnits[i + 1].seconds);
    std::string text = decimal_text(first, 0) + kUnits[i].name;
    if (second > 0) text += " " + decimal_text(second, 0) + kUnits[i + 1].name;
    return text;
  }
  return decimal_text(left, 0) + kUnits.back().name;
}

std::string counted(std::optional<double> count, const std::string& one, const std::string& many) {
  return count_text(count) + " " + (count && *count == 1 ? one : many);
}

}  // namespace pacedns::control
