#include "pacedns/dns/name.hpp"

#include <algorithm>
#include <cstring>

namespace pacedns::dns {
namespace {

/// Eight octets at a time: the seventh bit of each is set where it holds an upper-case letter, and moved to
/// where the two cases differ.
std::uint64_t lowered(std::uint64_t octets) {
  constexpr std::uint64_t kEach = 0x0101010101010101;
  const std::uint64_t low_bits = octets & (0x7f * kEach);
  const std::uint64_t from_a = low_bits + (0x80 - 'A') * kEach;
  const std::uint64_t beyond_z = low_bits + (0x7f - 'Z') * kEach;
  const std::uint64_t upper_case = (from_a & ~beyond_z & ~octets) & (0x80 * kEach);
  return octets | (upper_case >> 2);
}

}  // namespace

std::optional<Name> Name::read(Bytes message, std::size_t offset) {
  Name name;
  // A pointer must lead to before the place where the labels read last began, so this ends; and nobody needs
  // more pointers than a name has labels.
  constexpr int kMaxPointers = 127;
  int pointers = 0;
  std::size_t fence = offset;
  while (offset < message.size()) {
    const std::uint8_t length = message[offset];
    if ((length & kLabelTypeMask) == kPointer) {
      if (offset + 2 > message.size()) return std::nullopt;
      const std::size_t target = static_cast<std::size_t>((length & 0x3f) << 8) | message[offset + 1];
      if (target >= fence || ++pointers > kMaxPointers) return std::nullopt;
      offset = fence = target;
      continue;
    }
    if ((length & kLabelTypeMask) != 0) return std::nullopt;
    const std::size_t label = 1U + length;
    if (offset + label > message.size() || name.size_ + label > kMaxNameSize) return std::nullopt;
    copy_octets(message.subspan(offset, label), name.octets_.data() + name.size_);
    name.size_ += label;
    if (length == 0) return name;
    offset += label;
  }
  return std::nullopt;
}

bool operator==(const Name& left, const Name& right) {
  return equal_ignoring_case(left.wire(), right.wire());
}

void copy_lowered(Bytes name, std::uint8_t* to) {
  std::size_t done = 0;
  for (std::uint64_t octets = 0; name.size() - done >= sizeof(octets); done += sizeof(octets)) {
    std::memcpy(&octets, name.data() + done, sizeof(octets));
    octets = lowered(octets);
    std::memcpy(to + done, &octets, sizeof(octets));
  }
  std::ranges::transform(name.subspan(done), to + done, to_lower);
}

bool is_at_or_below(Bytes name, Bytes ancestor) {
  // Whole labels only: octets inside a label may look like the end of a name.
  while (name.size() > ancestor.size())
    name = name.subspan(1U + name[0]);
  return equal_ignoring_case(name, ancestor);
}

bool equal_ignoring_case(Bytes left, Bytes right) {
  if (left.size() != right.size()) return false;
  // Most are spelled alike.
  if (left.empty() || std::memcmp(left.data(), right.data(), left.size()) == 0) return true;
  return std::ranges::equal(left, right, {}, to_lower, to_lower);
}

}  // namespace pacedns::dns
