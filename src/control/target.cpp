#include "pacedns/control/target.hpp"

#include <algorithm>
#include <array>

namespace pacedns::control {
namespace {

bool is_unreserved(char octet) {
  return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') || (octet >= '0' && octet <= '9') ||
         std::string_view("-._~").find(octet) != std::string_view::npos;
}

bool is_blank_or_control(char octet) {
  const auto value = static_cast<unsigned char>(octet);
  return value <= 0x20 || value == 0x7f;
}

}  // namespace

std::optional<std::string> problem_of_name(std::string_view name) {
  if (name.empty()) return "it is empty (the root is written as a dot)";
  if (name.size() > kMaxNameText) return "it is longer than any domain name";
  if (std::any_of(name.begin(), name.end(), is_blank_or_control))
    return "it holds a blank or a control character (write it as \\DDD, a blank as \\032)";
  return std::nullopt;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char octet : text) {
    if (is_unreserved(octet)) {
      encoded += octet;
      continue;
    }
    const auto value = static_cast<unsigned char>(octet);
    encoded += {'%', kDigits[value / 16], kDigits[value % 16]};
  }
  return encoded;
}

std::string explain_target(std::string_view name, std::string_view type) {
  return "/api/explain?name=" + percent_encoded(name) + "&type=" + percent_encoded(type);
}

std::string flush_target(std::string_view key, std::string_view value) {
  return "/api/flush?" + percent_encoded(key) + "=" + percent_encoded(value);
}

}  // namespace pacedns::control
