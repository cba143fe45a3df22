#include "upstream/query.hpp"

namespace pacedns::simulator {
namespace {

constexpr std::uint16_t kTypeOpt = 41;
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kRrFixedSize = 10;  // TYPE, CLASS, TTL, RDLENGTH

/// Reads QNAME into the canonical form. The offset behind it, or 0 when it is malformed or compressed.
std::size_t read_name(Bytes wire, Query& query) {
  std::size_t at = kHeaderSize;
  std::size_t size = 0;
  while (at < wire.size()) {
    const std::size_t length = wire[at];
    if (length > kMaxLabel || at + 1 + length > wire.size() || size + 1 + length > query.canonical.size()) {
      return 0;
    }
    for (std::size_t i = 0; i <= length; ++i) {
      const std::uint8_t octet = wire[at + i];
      query.canonical[size++] = static_cast<char>(octet >= 'A' && octet <= 'Z' ? octet + 0x20 : octet);
    }
    at += 1 + length;
    if (length == 0) {
      query.canonical_size = size;
      return at;
    }
  }
  return 0;
}

/// The offset behind a name that may be compressed, 0 when it is malformed.
std::size_t skip_name(Bytes wire, std::size_t at) {
  while (at < wire.size()) {
    const std::size_t length = wire[at];
    if (length >= 0xc0) return at + 2 <= wire.size() ? at + 2 : 0;
    if (length > kMaxLabel) return 0;
    at += 1 + length;
    if (length == 0) return at;
  }
  return 0;
}

/// Walks the records behind the question and notes the OPT. False when they are malformed or hold two OPTs.
bool read_records(Bytes wire, std::size_t at, std::size_t count, Query& query) {
  for (; count > 0; --count) {
    const bool root_owner = at < wire.size() && wire[at] == 0;
    at = skip_name(wire, at);
    if (at == 0 || at + kRrFixedSize > wire.size()) return false;
    const std::size_t behind = at + kRrFixedSize + read_u16(wire, at + 8);
    if (behind > wire.size()) return false;
    if (read_u16(wire, at) == kTypeOpt) {
      if (query.has_opt || !root_owner) return false;
      query.has_opt = true;
      query.udp_size = read_u16(wire, at + 2);
      query.edns_version = wire[at + 5];
      query.dnssec_ok = (wire[at + 6] & 0x80) != 0;
    }
    at = behind;
  }
  return true;
}

QueryStatus read_sections(Bytes wire, Query& query) {
  if (wire.size() < kHeaderSize) return QueryStatus::Ignored;
  query.id = read_u16(wire, 0);
  query.flags = read_u16(wire, 2);
  if ((query.flags & kFlagQr) != 0) return QueryStatus::Ignored;
  if ((query.flags & kMaskOpcode) != 0) return QueryStatus::NotImplemented;
  if (read_u16(wire, 4) != 1) return QueryStatus::Malformed;
  const std::size_t behind_name = read_name(wire, query);
  if (behind_name == 0 || behind_name + 4 > wire.size()) return QueryStatus::Malformed;
  query.qtype = read_u16(wire, behind_name);
  query.qclass = read_u16(wire, behind_name + 2);
  const std::size_t count =
      std::size_t{read_u16(wire, 6)} + std::size_t{read_u16(wire, 8)} + std::size_t{read_u16(wire, 10)};
  if (!read_records(wire, behind_name + 4, count, query)) return QueryStatus::Malformed;
  query.question = wire.subspan(kHeaderSize, behind_name + 4 - kHeaderSize);
  return QueryStatus::Good;
}

}  // namespace

void read_query(Bytes wire, Query& query) {
  query.id = 0;
  query.flags = 0;
  query.question = {};
  query.qtype = 0;
  query.qclass = 0;
  query.has_opt = false;
  query.dnssec_ok = false;
  query.edns_version = 0;
  query.udp_size = 0;
  query.canonical_size = 0;
  query.status = read_sections(wire, query);
}

}  // namespace pacedns::simulator
