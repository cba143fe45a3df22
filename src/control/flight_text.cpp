#include "pacedns/control/flight_text.hpp"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "pacedns/control/amounts.hpp"
#include "pacedns/control/attempt_table.hpp"
#include "pacedns/control/cached_text.hpp"
#include "pacedns/control/columns.hpp"
#include "pacedns/control/flight_chart.hpp"

namespace pacedns::control {
namespace {

constexpr std::size_t kAddressWidth = 18;
constexpr std::size_t kIndent = 2;

std::string ago(JsonView flight, double now_s) {
  const auto started = flight["started_s"].number();
  return started ? duration_text(now_s - *started) + " ago" : "at an unknown time";
}

std::string answered(JsonView flight) {
  const auto at = flight["answered_ms"].number();
  if (!at) return flight["open"].is_true() ? "not answered yet" : "not answered";
  const auto by = flight["answered_by"].text();
  return "answered " + flight["rcode"].shown() + " after " + ms_text(at) + (by ? " by " + *by : "");
}

std::string finished(JsonView flight) {
  if (flight["open"].is_true()) return "still collecting";
  return "finished after " + ms_text(flight["finished_ms"].number());
}

std::string second_tier(JsonView second) {
  const auto reason = second["reason"].text();
  const auto at = second["at_ms"].number();
  if (!reason && !at) return "the second tier was not asked";
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kReasons{{
      {"first_reply", "the client had its answer"},
      {"all_failed", "all that had been asked had failed"},
      {"timeout", "there was no usable reply in time"},
  }};
  std::string why = reason.value_or("?");
  for (const auto& [known, text] : kReasons)
    if (why == known) {
      why = text;
      break;
    }
  return "second tier from " + ms_text(at) + ": " + why;
}

std::string addresses(JsonView addresses) {
  std::string text;
  for (const JsonView each : addresses.items()) {
    std::vector<std::string> words;
    for (const JsonView upstream : each["from"].items())
      words.push_back(upstream.shown() + ",");
    if (words.empty()) words.emplace_back("?,");
    words.back().pop_back();
    std::string line = wrapped(words, kIndent + kAddressWidth);
    const std::string address = each["address"].shown();
    if (address.size() < kAddressWidth)
      line.replace(kIndent, address.size(), address);
    else
      line.insert(0, "  " + address + '\n');
    text += line;
  }
  return text.empty() ? text : "\n  addresses, and who gave them\n" + text;
}

}  // namespace

std::string flight_text(JsonView flight, double now_s) {
  std::string text = "flight " + flight["id"].shown() + flags_text(flight) + ", " + ago(flight, now_s) +
                     ", for " + counted(flight["clients"].number(), "query", "queries") + '\n' +
                     wrapped(answered(flight) + "; " + finished(flight), kIndent) +
                     wrapped(second_tier(flight["second_tier"]), kIndent);
  if (!flight["attempts"].items().empty()) text += '\n' + attempt_table(flight["attempts"]);
  if (const std::string chart = flight_chart(flight); !chart.empty()) text += '\n' + chart;
  return text + addresses(flight["addresses"]);
}

}  // namespace pacedns::control
