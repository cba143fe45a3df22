#include "pacedns/dns/letter_case.hpp"

#include <algorithm>
#include <bit>

namespace pacedns::dns {
namespace {

/// The octet in the spelling that begins with `rest`, of which it takes a bit if it is a letter. Length
/// octets are below 64 and so never taken for letters.
std::uint8_t next_spelled(std::uint8_t octet, LetterCase& rest) {
  if (octet < 'a' || octet > 'z') return octet;
  const bool upper = (rest & 1U) != 0;
  rest = std::rotr(rest, 1);
  return upper ? static_cast<std::uint8_t>(octet - ('a' - 'A')) : octet;
}

}  // namespace

void spell(MutableBytes name, LetterCase letter_case) {
  for (std::uint8_t& octet : name)
    octet = next_spelled(octet, letter_case);
}

bool is_spelled(Bytes name, Bytes lowered, LetterCase letter_case) {
  return std::ranges::equal(name, lowered, [&](std::uint8_t left, std::uint8_t right) {
    return left == next_spelled(right, letter_case);
  });
}

}  // namespace pacedns::dns
