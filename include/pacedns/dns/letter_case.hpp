#pragma once

#include <cstdint>

#include "pacedns/base/bytes.hpp"

// Random letter case as something more that a forged reply would have to guess (draft-vixie-dnsext-dns0x20):
// servers copy the question into their responses as it was spelled.

namespace pacedns::dns {

/// How the letters of a name are spelled: one bit a letter, set for upper case; the 65th letter takes the
/// first again.
using LetterCase = std::uint64_t;

/// Spells a name in wire format and lower case.
void spell(MutableBytes name, LetterCase letter_case);

/// Whether `name` is `lowered`, a name in lower case, in exactly this spelling.
[[nodiscard]] bool is_spelled(Bytes name, Bytes lowered, LetterCase letter_case);

}  // namespace pacedns::dns
