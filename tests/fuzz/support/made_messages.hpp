#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "pacedns/base/bytes.hpp"
#include "pacedns/dns/header.hpp"
#include "pacedns/dns/message_view.hpp"

#include "fuzz/support/fuzz_input.hpp"
#include "support/message_builder.hpp"

namespace pacedns::test {

/// The question with some of its letters in upper case: `which` says it of each eight octets.
[[nodiscard]] inline Octets in_other_case(Bytes question, std::uint8_t which) {
  Octets spelled(question.begin(), question.end());
  for (std::size_t i = 0; i + 4 < spelled.size(); ++i) {
    if (spelled[i] >= 'a' && spelled[i] <= 'z' && ((which >> (i % 8)) & 1) != 0)
      spelled[i] = static_cast<std::uint8_t>(spelled[i] - ('a' - 'A'));
  }
  return spelled;
}

/// A client's query for `question`: letter case, ID, RD, AD, CD and OPT are the input's choice, in seven
/// octets.
[[nodiscard]] inline Octets client_query(FuzzInput& input, Bytes question) {
  const std::uint8_t which = input.octet();
  const std::uint16_t id = input.u16();
  const std::uint16_t choices = input.u16();
  const std::uint16_t size = input.u16();
  const Octets spelled = in_other_case(question, which);
  MessageBuilder builder;
  builder.id(id).flags(choices & (dns::kRd | dns::kAd | dns::kCd)).question_count(1);
  Octets wire = join({builder.wire(), spelled});
  if ((choices & 1) == 0) return wire;
  dns::store_u16(wire, 10, 1);
  return join({wire, opt_record({.size = size, .dnssec_ok = (choices & 2) != 0})});
}

/// Appends up to `count` RRs to a message that has none but answers, as many as a message has room for: a
/// long one takes few octets of input. No two of them are the same.
[[nodiscard]] inline Octets stretched(const dns::MessageView& view, std::uint16_t type, std::size_t count,
                                      std::size_t rdata_size) {
  Octets wire(view.wire().begin(), view.wire().end());
  dns::Header header = view.header();
  if (header.authority_count != 0 || header.additional_count != 0) return wire;
  if (type == static_cast<std::uint16_t>(dns::RrType::Opt)) return wire;  // which is no RR of an answer
  for (; count > 0 && header.answer_count < 65535 && wire.size() + 12 + rdata_size <= 65535; --count) {
    const Octets rdata(rdata_size, static_cast<std::uint8_t>(count));
    const Octets rr = record(pointer(), type, view.question().rr_class, 300, rdata);
    wire.insert(wire.end(), rr.begin(), rr.end());
    ++header.answer_count;
  }
  header.write(wire);
  return wire;
}

}  // namespace pacedns::test
