#include "upstream/values.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <boost/algorithm/string/predicate.hpp>

namespace pacedns::simulator {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint16_t>, 13> kRcodes{{{"NOERROR", 0},
                                                                              {"FORMERR", 1},
                                                                              {"SERVFAIL", 2},
                                                                              {"NXDOMAIN", 3},
                                                                              {"NOTIMP", 4},
                                                                              {"REFUSED", 5},
                                                                              {"YXDOMAIN", 6},
                                                                              {"YXRRSET", 7},
                                                                              {"NXRRSET", 8},
                                                                              {"NOTAUTH", 9},
                                                                              {"NOTZONE", 10},
                                                                              {"BADVERS", 16},
                                                                              {"BADCOOKIE", 23}}};

constexpr std::array<std::pair<std::string_view, double>, 5> kUnits{
    {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1.0}, {"m", 60.0}}};

constexpr double kLongestSeconds = 86'400;

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

}  // namespace

Duration parse_duration(std::string_view text) {
  const ValueError error(quoted(text) + " is not a duration (such as 250us, 50ms, 1.5s; at most 24h)");
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || !std::isfinite(value) || std::signbit(value)) throw error;
  const std::string_view unit(end, text.size() - static_cast<std::size_t>(end - text.data()));
  if (unit.empty() && value == 0) return Duration::zero();
  for (const auto& [name, seconds] : kUnits) {
    if (name != unit) continue;
    if (value * seconds > kLongestSeconds) throw error;
    return std::chrono::round<Duration>(std::chrono::duration<double>(value * seconds));
  }
  throw error;
}

double parse_share(std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || !(value >= 0 && value <= 1)) {
    throw ValueError(quoted(text) + " is not a share (0 to 1)");
  }
  return value;
}

bool parse_switch(std::string_view text) {
  for (const std::string_view word : {"true", "on", "yes"}) {
    if (boost::iequals(text, word)) return true;
  }
  for (const std::string_view word : {"false", "off", "no"}) {
    if (boost::iequals(text, word)) return false;
  }
  throw ValueError(quoted(text) + " is not a switch (true or false, on or off)");
}

std::uint32_t parse_number(std::string_view text, std::uint32_t minimum, std::uint32_t maximum) {
  std::uint32_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size() || value < minimum || value > maximum) {
    throw ValueError(quoted(text) + " is not a number from " + std::to_string(minimum) + " to " +
                     std::to_string(maximum));
  }
  return value;
}

std::uint16_t parse_rcode(std::string_view text) {
  for (const auto& [name, value] : kRcodes) {
    if (boost::iequals(text, name)) return value;
  }
  try {
    return static_cast<std::uint16_t>(parse_number(text, 0, 4095));
  } catch (const ValueError&) {
    throw ValueError(quoted(text) +
                     " is not an RCODE (NOERROR, SERVFAIL, NXDOMAIN, REFUSED, ... or 0 to 4095)");
  }
}

std::string rcode_name(std::uint16_t rcode) {
  for (const auto& [name, value] : kRcodes) {
    if (value == rcode) return std::string(name);
  }
  return "RCODE" + std::to_string(rcode);
}

}  // namespace pacedns::simulator
