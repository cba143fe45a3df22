#include "pacedns/config/config_error.hpp"

#include <cstddef>

namespace pacedns::config {
namespace {

constexpr std::size_t kMaxPrinted = 80;

}  // namespace

std::string to_string(const ConfigError& error) {
  std::string text =
      error.file + ":" + std::to_string(error.line) + ":" + std::to_string(error.column) + ": ";
  if (!error.key_path.empty()) text += error.key_path + ": ";
  return text + error.message;
}

std::string printable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string result;
  for (const char c : text.substr(0, kMaxPrinted)) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet >= 0x20 && octet < 0x7f) {
      result += c;
    } else {
      result.append("\\x").append(1, kHex[octet >> 4]).append(1, kHex[octet & 0xf]);
    }
  }
  if (text.size() > kMaxPrinted) result += "...";
  return result;
}

std::string quoted(std::string_view text) {
  return "'" + printable(text) + "'";
}

}  // namespace pacedns::config
