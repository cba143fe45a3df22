#include "pacedns/status/json_text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include <boost/json/serialize.hpp>

namespace pacedns::status {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

/// How many octets the character at the front takes; 0 if there is none (RFC 3629 section 4).
std::size_t size_of_character(std::string_view text) {
  const auto octet = [&](std::size_t index) { return static_cast<std::uint8_t>(text[index]); };
  const std::uint8_t lead = octet(0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const std::size_t size = lead < 0xe0 ? 2 : (lead < 0xf0 ? 3 : 4);
  if (text.size() < size) return 0;
  // Not what has a shorter form, no surrogates, nothing beyond U+10FFFF.
  const std::uint8_t least = lead == 0xe0 ? 0xa0 : (lead == 0xf0 ? 0x90 : 0x80);
  const std::uint8_t greatest = lead == 0xed ? 0x9f : (lead == 0xf4 ? 0x8f : 0xbf);
  if (octet(1) < least || octet(1) > greatest) return 0;
  for (std::size_t i = 2; i < size; ++i)
    if ((octet(i) & 0xc0U) != 0x80U) return 0;
  return size;
}

}  // namespace

std::string json_text(const boost::json::object& object) {
  std::string text = boost::json::serialize(object);
  if (std::ranges::all_of(text, [](char octet) { return static_cast<std::uint8_t>(octet) < 0x80; })) {
    return text;
  }
  std::string valid;
  valid.reserve(text.size());
  for (std::string_view left = text; !left.empty();) {
    const std::size_t size = size_of_character(left);
    valid += size > 0 ? left.substr(0, size) : kReplacement;
    left.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return valid;
}

}  // namespace pacedns::status
