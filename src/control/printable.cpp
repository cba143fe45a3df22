#include "pacedns/control/printable.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace pacedns::control {
namespace {

bool is_printable(char octet) {
  return octet >= 0x20 && octet < 0x7f;
}

constexpr std::uint32_t kReplacement = 0xfffd;
constexpr std::uint32_t kBeyondBasicPlane = 0x10000;

/// What of UTF-8 begins here, and how many octets it has: those of the replacement are one.
struct CodePoint {
  std::uint32_t value;
  std::size_t size;
};

CodePoint read_utf8(std::string_view text) {
  constexpr CodePoint kBad{kReplacement, 1};
  const auto octet = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = octet(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return kBad;
  std::uint32_t value = first & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((octet(i) & 0xc0U) != 0x80) return kBad;
    value = value << 6 | (octet(i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, kBeyondBasicPlane};
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  return value < kLeast[size] || value > 0x10ffff || surrogate ? kBad : CodePoint{value, size};
}

void append_unit(std::string& json, std::uint32_t unit) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  json += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U})
    json += kDigits[unit >> shift & 0xfU];
}

void append_escaped(std::string& json, std::uint32_t value) {
  if (value < kBeyondBasicPlane) return append_unit(json, value);
  append_unit(json, 0xd800 + ((value - kBeyondBasicPlane) >> 10));
  append_unit(json, 0xdc00 + ((value - kBeyondBasicPlane) & 0x3ffU));
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  for (const char octet : text) {
    if (is_printable(octet)) {
      shown += octet;
      continue;
    }
    const auto value = static_cast<unsigned char>(octet);
    shown += {'\\', static_cast<char>('0' + value / 100), static_cast<char>('0' + value / 10 % 10),
              static_cast<char>('0' + value % 10)};
  }
  return shown;
}

std::string printable_json(std::string_view json) {
  std::string shown;
  for (std::size_t i = 0; i < json.size();) {
    if (is_printable(json[i])) {
      shown += json[i++];
      continue;
    }
    const CodePoint point = read_utf8(json.substr(i));
    append_escaped(shown, point.value);
    i += point.size;
  }
  return shown;
}

}  // namespace pacedns::control
