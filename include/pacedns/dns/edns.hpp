#pragma once

#include <cstddef>
#include <cstdint>

#include "pacedns/base/bytes.hpp"
#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/registry.hpp"

namespace pacedns::dns {

/// What we offer on both sides. With IPv6 and UDP headers it fits the minimum MTU of 1280 octets (RFC 8200
/// §5), so that no message is fragmented.
inline constexpr std::uint16_t kUdpPayloadSize = 1232;

/// Without EDNS, and the least that EDNS can ask for (RFC 1035 §4.2.1, RFC 6891 §6.2.3).
inline constexpr std::uint16_t kMinUdpPayloadSize = 512;

/// An OPT RR without options, and one with an Extended DNS Error without text.
inline constexpr std::size_t kOptSize = 11;
inline constexpr std::size_t kOptWithErrorSize = kOptSize + 6;

/// What an OPT RR says (RFC 6891 §6.1.3), its options aside.
struct Edns {
  std::uint16_t udp_payload_size = kUdpPayloadSize;
  std::uint8_t version = 0;
  bool dnssec_ok = false;

  [[nodiscard]] static Edns read(const Record& opt);
};

/// The first Extended DNS Error of a message (RFC 8914 §2); None if there is none that can be read.
[[nodiscard]] ExtendedError read_extended_error(const MessageView& message);

/// How many octets `write_opt` writes.
[[nodiscard]] constexpr std::size_t opt_size(ExtendedError error) {
  return error == ExtendedError::None ? kOptSize : kOptWithErrorSize;
}

/// Writes an OPT RR of version 0 at `offset`, where there is room for `opt_size(error)` octets.
void write_opt(MutableBytes message, std::size_t offset, Rcode rcode, bool dnssec_ok, ExtendedError error);

}  // namespace pacedns::dns
