#pragma once

// A query as the simulator reads it: in place, without allocation, and never past the end of the octets.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pacedns/base/bytes.hpp"

namespace pacedns::simulator {

inline constexpr std::size_t kHeaderSize = 12;

/// Octets of the header's second word, RFC 1035 §4.1.1 and RFC 4035 §3.
inline constexpr std::uint16_t kFlagQr = 0x8000;
inline constexpr std::uint16_t kMaskOpcode = 0x7800;
inline constexpr std::uint16_t kFlagTc = 0x0200;
inline constexpr std::uint16_t kFlagRd = 0x0100;
inline constexpr std::uint16_t kFlagRa = 0x0080;
inline constexpr std::uint16_t kFlagAd = 0x0020;
inline constexpr std::uint16_t kFlagCd = 0x0010;

enum class QueryStatus : std::uint8_t {
  Good,
  Ignored,         // no header, or QR=1: nobody answers that
  Malformed,       // FORMERR
  NotImplemented,  // NOTIMP: an opcode other than QUERY
};

struct Query {
  QueryStatus status = QueryStatus::Ignored;
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  /// QNAME, QTYPE and QCLASS as they came; empty unless the status is Good.
  Bytes question;
  std::uint16_t qtype = 0;
  std::uint16_t qclass = 0;
  bool has_opt = false;
  bool dnssec_ok = false;
  std::uint8_t edns_version = 0;
  std::uint16_t udp_size = 0;

  /// QNAME in lower case, wire form.
  [[nodiscard]] std::string_view canonical_name() const { return {canonical.data(), canonical_size}; }
  [[nodiscard]] bool authentic_data() const { return (flags & kFlagAd) != 0; }
  [[nodiscard]] bool checking_disabled() const { return (flags & kFlagCd) != 0; }

  std::array<char, 255> canonical;
  std::size_t canonical_size = 0;
};

/// Reads into `query`, which refers to `wire` afterwards.
void read_query(Bytes wire, Query& query);

/// Big-endian numbers; the caller knows that they are inside.
[[nodiscard]] inline std::uint16_t read_u16(Bytes wire, std::size_t at) {
  return static_cast<std::uint16_t>(wire[at] << 8 | wire[at + 1]);
}

}  // namespace pacedns::simulator
