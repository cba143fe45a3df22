#include "pacedns/control/flight_chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "pacedns/control/amounts.hpp"
#include "pacedns/control/columns.hpp"

namespace pacedns::control {
namespace {

constexpr std::size_t kIndent = 20;  // columns before the time axis
constexpr std::size_t kSpan = kColumns - kIndent;
constexpr std::size_t kLabelRoom = 10;  // behind the last moment, for its label
constexpr std::size_t kTick = 10;       // columns between two labels of the axis
constexpr std::size_t kMostAttempts = 16;
constexpr double kShortest = 0.1;  // milliseconds a column
constexpr double kLongest = 1e7;   // milliseconds that anything may take: nonsense is left out

struct Axis {
  double ms_per_column;

  [[nodiscard]] std::size_t column(double ms) const {
    return std::min(static_cast<std::size_t>(std::max(ms, 0.0) / ms_per_column), kSpan - kLabelRoom);
  }
};

std::optional<double> moment(JsonView value) {
  const auto ms = value.number();
  return ms && *ms >= 0 && *ms <= kLongest ? ms : std::nullopt;
}

/// The last moment of the flight that is known; 0 when there is none.
double end_of(JsonView flight) {
  double end = std::max(moment(flight["finished_ms"]).value_or(0), moment(flight["answered_ms"]).value_or(0));
  for (const JsonView attempt : flight["attempts"].items())
    end =
        std::max({end, moment(attempt["launched_ms"]).value_or(0), moment(attempt["ended_ms"]).value_or(0)});
  return end;
}

/// The finest of 1, 2 or 5 times a power of ten with which everything fits.
Axis axis_for(double end) {
  double unit = kShortest;
  while (true) {
    for (const double factor : {1.0, 2.0, 5.0})
      if (end / (unit * factor) <= static_cast<double>(kSpan - kLabelRoom)) return {unit * factor};
    unit *= 10;
  }
}

void put(std::string& row, std::size_t begin, std::string_view text) {
  if (row.size() < begin + text.size()) row.resize(begin + text.size(), ' ');
  row.replace(begin, text.size(), text);
}

std::string label_row(Axis axis) {
  std::string row;
  const int digits = axis.ms_per_column * kTick < 1.5 ? 1 : 0;
  for (std::size_t at = 0; at + kTick < kSpan; at += kTick)
    put(row, kIndent + at, decimal_text(axis.ms_per_column * static_cast<double>(at), digits));
  put(row, kColumns - 2, "ms");
  return row + '\n';
}

char sign_of(JsonView attempt) {
  if (attempt["winner"].is_true()) return 'W';
  return attempt["outcome"].text() == "usable" ? '*' : 'x';
}

std::string bar(JsonView attempt, Axis axis) {
  const auto launched = moment(attempt["launched_ms"]);
  if (!launched || attempt["outcome"].text() == "not_sent") return "";
  const std::size_t begin = axis.column(*launched);
  const auto ended = moment(attempt["ended_ms"]);
  const std::size_t end = std::max(ended ? axis.column(*ended) : kSpan - kLabelRoom, begin + 1);
  const std::string label =
      ended ? sign_of(attempt) + (" " + decimal_text(ended, *ended < kTick ? 1 : 0)) : std::string(">");
  return std::string(begin, ' ') + '|' + std::string(end - begin - 1, '=') + label;
}

std::string tier_of(JsonView attempt) {
  const std::string tier = attempt["tier"].shown();
  return tier == "active" ? "tier 1" : tier == "second" ? "tier 2" : tier;
}

/// Under the bars: when the client had its answer, and when there was nothing more to come.
std::string moments(JsonView flight, Axis axis) {
  std::string rows;
  if (const auto at = moment(flight["answered_ms"])) {
    constexpr std::string_view kText = "client answered ^";
    std::string row;
    put(row, kIndent + axis.column(*at) + 1 - kText.size(), kText);
    rows += row + '\n';
  }
  if (const auto at = moment(flight["finished_ms"])) {
    constexpr std::string_view kText = "all collected ^";
    std::string row;
    put(row, kIndent + axis.column(*at) + 1 - kText.size(), kText);
    rows += row + '\n';
  }
  return rows;
}

}  // namespace

std::string flight_chart(JsonView flight) {
  const auto attempts = flight["attempts"].items();
  const double end = end_of(flight);
  if (attempts.empty() || attempts.size() > kMostAttempts || end <= 0) return "";
  const Axis axis = axis_for(end);
  std::string text = label_row(axis);
  for (const JsonView attempt : attempts) {
    const std::string head =
        "  " + left(attempt["upstream"].shown(), 10) + ' ' + left(tier_of(attempt), 6) + ' ';
    text += head + bar(attempt, axis) + '\n';
  }
  return text + moments(flight, axis);
}

}  // namespace pacedns::control
