#pragma once

#include <cstddef>
#include <cstdint>

#include "pacedns/base/bytes.hpp"
#include "pacedns/dns/registry.hpp"
#include "pacedns/dns/wire.hpp"

namespace pacedns::dns {

inline constexpr std::size_t kHeaderSize = 12;

/// The bits of the header's second word (RFC 1035 §4.1.1, RFC 4035 §3.2 for AD and CD).
enum HeaderFlag : std::uint16_t {
  kQr = 0x8000,
  kAa = 0x0400,
  kTc = 0x0200,
  kRd = 0x0100,
  kRa = 0x0080,
  kAd = 0x0020,
  kCd = 0x0010,
};
inline constexpr std::uint16_t kOpcodeMask = 0x7800;
inline constexpr std::uint16_t kRcodeMask = 0x000f;

/// The fixed twelve octets at the start of a message.
struct Header {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::uint16_t question_count = 0;
  std::uint16_t answer_count = 0;
  std::uint16_t authority_count = 0;
  std::uint16_t additional_count = 0;

  [[nodiscard]] bool has(HeaderFlag flag) const { return (flags & flag) != 0; }
  [[nodiscard]] std::uint8_t opcode() const { return static_cast<std::uint8_t>((flags & kOpcodeMask) >> 11); }
  /// The low four bits only; the rest is in OPT.
  [[nodiscard]] std::uint8_t low_rcode() const { return static_cast<std::uint8_t>(flags & kRcodeMask); }

  /// `message` holds at least kHeaderSize octets.
  [[nodiscard]] static Header read(Bytes message) {
    return {load_u16(message, 0), load_u16(message, 2), load_u16(message, 4),
            load_u16(message, 6), load_u16(message, 8), load_u16(message, 10)};
  }

  /// `message` has room for at least kHeaderSize octets.
  void write(MutableBytes message) const {
    store_u16(message, 0, id);
    store_u16(message, 2, flags);
    store_u16(message, 4, question_count);
    store_u16(message, 6, answer_count);
    store_u16(message, 8, authority_count);
    store_u16(message, 10, additional_count);
  }
};

}  // namespace pacedns::dns
