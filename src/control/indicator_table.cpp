#include "pacedns/control/indicator_table.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "pacedns/control/amounts.hpp"
#include "pacedns/control/columns.hpp"

namespace pacedns::control {
namespace {

constexpr std::size_t kTitleWidth = 44;
constexpr std::size_t kValueWidth = 9;
constexpr std::size_t kTargetWidth = 14;

/// The titles in the JSON are for a wider page.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kShortTitles{{
    {"active_tier_answers", "misses answered by the active tier"},
    {"second_tier_before_answer", "misses that needed the second tier"},
    {"background_collected", "background replies before the deadline"},
    {"launch_peak", "launched at once, of all upstreams"},
    {"miss_latency", "client latency of misses, p99"},
}};

std::string title_of(JsonView indicator) {
  const std::string id = indicator["id"].shown();
  for (const auto& [known, title] : kShortTitles)
    if (id == known) return std::string(title);
  return indicator["title"].shown();
}

std::string amount_text(std::optional<double> amount, const std::string& unit) {
  if (unit == "ratio") return ratio_text(amount);
  if (unit == "ms") return ms_text(amount);
  return decimal_text(amount, 1);
}

std::string verdict_of(JsonView indicator) {
  const auto met = indicator["met"].boolean();
  return !met ? "no data" : *met ? "met" : "not met";
}

}  // namespace

std::string indicator_table(JsonView indicators) {
  std::string text =
      left("indicators of the last " + duration_text(indicators["over_s"].number()), kTitleWidth + 2) +
      right("value", kValueWidth) + "  target\n";
  for (const JsonView indicator : indicators["list"].items()) {
    const std::string unit = indicator["unit"].shown();
    const auto value = indicator["value"].number();
    text += "  " + left(title_of(indicator), kTitleWidth) +
            right(value ? amount_text(value, unit) : "-", kValueWidth) + "  " +
            left(indicator["target"].shown() + " " + amount_text(indicator["limit"].number(), unit),
                 kTargetWidth) +
            "  " + verdict_of(indicator) + '\n';
  }
  return text;
}

}  // namespace pacedns::control
