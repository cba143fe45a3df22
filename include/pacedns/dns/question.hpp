#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "pacedns/base/bytes.hpp"
#include "pacedns/dns/registry.hpp"

namespace pacedns::dns {

/// The one question of a message, as it stands behind the header: QNAME without compression, QTYPE, QCLASS.
struct Question {
  Bytes wire;  ///< all of it, in the message it was read from
  std::uint16_t type = 0;
  std::uint16_t rr_class = 0;

  [[nodiscard]] Bytes name() const { return wire.first(wire.size() - 4); }
  [[nodiscard]] bool is(RrType wanted) const { return type == static_cast<std::uint16_t>(wanted); }
  [[nodiscard]] bool asks_for_addresses() const { return is(RrType::A) || is(RrType::Aaaa); }
};

/// Reads the question behind the header. Nothing if it is cut short, longer than a name may be, or
/// compressed (there is nothing before it that it could point to).
[[nodiscard]] std::optional<Question> read_question(Bytes message);

/// The same QTYPE and QCLASS, and the same QNAME without regard to the case of ASCII letters.
[[nodiscard]] bool same_question(const Question& left, const Question& right);

}  // namespace pacedns::dns
