#include "pacedns/dns/question.hpp"

#include "pacedns/dns/header.hpp"
#include "pacedns/dns/name.hpp"
#include "pacedns/dns/wire.hpp"

namespace pacedns::dns {

std::optional<Question> read_question(Bytes message) {
  std::size_t offset = kHeaderSize;
  while (true) {
    if (offset >= message.size()) return std::nullopt;
    const std::uint8_t length = message[offset];
    if (length > 63) return std::nullopt;
    offset += 1U + length;
    if (offset - kHeaderSize > kMaxNameSize) return std::nullopt;
    if (length == 0) break;
  }
  if (offset + 4 > message.size()) return std::nullopt;
  return Question{message.subspan(kHeaderSize, offset + 4 - kHeaderSize), load_u16(message, offset),
                  load_u16(message, offset + 2)};
}

bool same_question(const Question& left, const Question& right) {
  return left.type == right.type && left.rr_class == right.rr_class &&
         equal_ignoring_case(left.name(), right.name());
}

}  // namespace pacedns::dns
