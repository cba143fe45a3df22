#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "pacedns/base/bytes.hpp"

// Names in wire format, possibly compressed (RFC 1035 §3.1, §4.1.4). Labels may hold any octet (RFC 2181
// §11); only ASCII letters have a case (RFC 4343).

namespace pacedns::dns {

/// RFC 1035 §2.3.4, the root label included.
inline constexpr std::size_t kMaxNameSize = 255;

/// The two high bits of a length octet: none for a label, both for a compression pointer.
inline constexpr std::uint8_t kLabelTypeMask = 0xc0;
inline constexpr std::uint8_t kPointer = 0xc0;

[[nodiscard]] constexpr std::uint8_t to_lower(std::uint8_t octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<std::uint8_t>(octet + ('a' - 'A')) : octet;
}

/// Copies a name in wire format, with lower-case letters, to where there is room for it. Length octets are
/// below 64 and so never taken for letters.
void copy_lowered(Bytes name, std::uint8_t* to);

/// Where the name at `offset` ends in the message itself (behind its root label or its first compression
/// pointer); nothing if it runs past the end or has a reserved label type. Does not follow pointers.
[[nodiscard]] inline std::optional<std::size_t> skip_name(Bytes message, std::size_t offset) {
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

/// An uncompressed name of at most kMaxNameSize octets.
class Name {
 public:
  /// Follows compression pointers, which must point backwards, and keeps the letter case. Nothing if the
  /// name is malformed or too long.
  [[nodiscard]] static std::optional<Name> read(Bytes message, std::size_t offset);

  [[nodiscard]] Bytes wire() const { return {octets_.data(), size_}; }

  /// Equal without regard to the case of ASCII letters.
  friend bool operator==(const Name& left, const Name& right);

 private:
  std::array<std::uint8_t, kMaxNameSize> octets_;
  std::size_t size_ = 0;
};

/// Whether the first of two uncompressed names is the second or a name below it, without regard to case.
[[nodiscard]] bool is_at_or_below(Bytes name, Bytes ancestor);

/// Two uncompressed names, equal without regard to the case of ASCII letters. Length octets are below 64 and
/// so never taken for letters.
[[nodiscard]] bool equal_ignoring_case(Bytes left, Bytes right);

}  // namespace pacedns::dns
