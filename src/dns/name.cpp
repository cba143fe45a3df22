#include "pacedns/dns/name.hpp"

#include <algorithm>

namespace pacedns::dns {
namespace {

constexpr std::uint8_t kLabelTypeMask = 0xc0;
constexpr std::uint8_t kPointer = 0xc0;

}  // namespace

std::optional<std::size_t> skip_name(Bytes message, std::size_t offset) {
  while (offset < message.size()) {
    const std::uint8_t length = message[offset];
    if (length == 0) return offset + 1;
    if ((length & kLabelTypeMask) == kPointer) {
      if (offset + 2 > message.size()) return std::nullopt;
      return offset + 2;
    }
    if ((length & kLabelTypeMask) != 0) return std::nullopt;
    offset += 1U + length;
  }
  return std::nullopt;
}

std::optional<Name> Name::read(Bytes message, std::size_t offset) {
  Name name;
  // A pointer must lead to before the place where the labels read last began, so this ends.
  std::size_t fence = offset;
  while (offset < message.size()) {
    const std::uint8_t length = message[offset];
    if ((length & kLabelTypeMask) == kPointer) {
      if (offset + 2 > message.size()) return std::nullopt;
      const std::size_t target = static_cast<std::size_t>((length & 0x3f) << 8) | message[offset + 1];
      if (target >= fence) return std::nullopt;
      offset = fence = target;
      continue;
    }
    if ((length & kLabelTypeMask) != 0) return std::nullopt;
    const std::size_t label = 1U + length;
    if (offset + label > message.size() || name.size_ + label > kMaxNameSize) return std::nullopt;
    std::copy_n(message.begin() + static_cast<std::ptrdiff_t>(offset), label,
                name.octets_.begin() + name.size_);
    name.size_ += label;
    if (length == 0) return name;
    offset += label;
  }
  return std::nullopt;
}

bool operator==(const Name& left, const Name& right) {
  return equal_ignoring_case(left.wire(), right.wire());
}

bool equal_ignoring_case(Bytes left, Bytes right) {
  return std::ranges::equal(left, right, {}, to_lower, to_lower);
}

}  // namespace pacedns::dns
