#include "upstream/reply_writer.hpp"

#include <algorithm>
#include <array>

#include "upstream/wire_writer.hpp"

namespace pacedns::simulator {
namespace {

constexpr std::uint16_t kServFail = 2;
constexpr std::uint16_t kNxDomain = 3;
constexpr std::uint16_t kTypeOpt = 41;
constexpr std::uint16_t kOurUdpSize = 1232;
constexpr std::size_t kPlainUdpSize = 512;  // RFC 1035 §2.3.4
constexpr std::size_t kLargestMessage = 65'535;
constexpr std::size_t kLargestDatagram = 65'507;
constexpr std::size_t kOptSize = 11;
constexpr std::uint32_t kForgedTtl = 86'400;

/// Large enough that neither ID is one off the other.
constexpr std::uint16_t kWrongIdMask = 0x5aa5;

std::uint16_t reply_id(const Query& query, const Behaviour& behaviour) {
  return behaviour.id == IdMode::Echo ? query.id : static_cast<std::uint16_t>(query.id ^ kWrongIdMask);
}

void write_header(std::vector<std::uint8_t>& out, std::uint16_t id, std::uint16_t flags) {
  out.clear();
  append_u16(out, id);
  append_u16(out, flags);
  out.insert(out.end(), kHeaderSize - 4, 0);
}

void set_u16(std::vector<std::uint8_t>& out, std::size_t at, std::uint16_t value) {
  out[at] = static_cast<std::uint8_t>(value >> 8);
  out[at + 1] = static_cast<std::uint8_t>(value & 0xff);
}

/// The question with the first octet of its name exchanged: another name of the same length, so that the
/// answer's compression pointers stay what they are. The root gets another type instead.
void append_other_question(const Query& query, std::vector<std::uint8_t>& out) {
  const std::size_t at = out.size();
  append(out, query.question);
  if (query.canonical_size > 1) {
    out[at + 1] = query.canonical[1] == 'x' ? 'y' : 'x';
  } else {
    out[at + 2] ^= 0x01;
  }
}

void append_opt(std::vector<std::uint8_t>& out, std::uint16_t rcode, bool dnssec_ok) {
  append_u8(out, 0);
  append_u16(out, kTypeOpt);
  append_u16(out, kOurUdpSize);
  append_u8(out, static_cast<std::uint8_t>(rcode >> 4));
  append_u8(out, 0);
  append_u16(out, dnssec_ok ? 0x8000 : 0);
  append_u16(out, 0);
}

std::size_t size_limit(const Query& query, const Behaviour& behaviour, Transport transport) {
  if (transport == Transport::Tcp) return kLargestMessage;
  if (behaviour.truncate != Truncate::Size) return kLargestDatagram;
  return query.has_opt ? std::max(kPlainUdpSize, std::size_t{query.udp_size}) : kPlainUdpSize;
}

std::uint16_t reply_flags(const Query& query, const Behaviour& behaviour, std::uint16_t rcode) {
  auto flags = static_cast<std::uint16_t>(kFlagRa | (query.flags & (kFlagRd | kFlagCd)) | (rcode & 0x000f));
  if (behaviour.qr) flags |= kFlagQr;
  const bool conclusive = rcode == 0 || rcode == kNxDomain;
  if (behaviour.authentic_data && conclusive && (query.authentic_data() || query.dnssec_ok)) flags |= kFlagAd;
  return flags;
}

}  // namespace

void write_reply(const Query& query, const Answer& answer, const Behaviour& behaviour, Transport transport,
                 std::vector<std::uint8_t>& out) {
  const std::uint16_t rcode = answer.rcode > 15 && !query.has_opt ? kServFail : answer.rcode;
  write_header(out, reply_id(query, behaviour), reply_flags(query, behaviour, rcode));
  if (behaviour.question == QuestionMode::Echo) append(out, query.question);
  if (behaviour.question == QuestionMode::Other) append_other_question(query, out);
  if (behaviour.question != QuestionMode::None) set_u16(out, 4, 1);

  const std::size_t size = out.size() + answer.body.size() + (query.has_opt ? kOptSize : 0);
  const bool always = behaviour.truncate == Truncate::Always && transport == Transport::Udp;
  if (always || size > size_limit(query, behaviour, transport)) {
    set_u16(out, 2, read_u16(out, 2) | kFlagTc);
  } else {
    append(out, answer.body);
    set_u16(out, 6, answer.answers);
    set_u16(out, 8, answer.authorities);
  }
  if (query.has_opt) {
    append_opt(out, rcode, query.dnssec_ok);
    set_u16(out, 10, 1);
  }
}

void write_header_only(const Query& query, std::uint16_t rcode, const Behaviour& behaviour,
                       std::vector<std::uint8_t>& out) {
  auto flags = static_cast<std::uint16_t>(query.flags & (kMaskOpcode | kFlagRd));
  flags = static_cast<std::uint16_t>(flags | rcode);
  if (behaviour.qr) flags |= kFlagQr;
  write_header(out, reply_id(query, behaviour), flags);
}

void write_forged(const Query& query, std::uint16_t id, std::vector<std::uint8_t>& out) {
  constexpr std::array<std::uint8_t, 4> kV4{203, 0, 113, 66};
  constexpr std::array<std::uint8_t, 16> kV6{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0,    0,
                                             0,    0,    0,    0,    0, 0, 0x0b, 0xad};
  constexpr std::uint16_t kTypeA = 1;
  constexpr std::uint16_t kTypeAaaa = 28;
  write_header(out, id, static_cast<std::uint16_t>(kFlagQr | kFlagRa | (query.flags & (kFlagRd | kFlagCd))));
  append(out, query.question);
  set_u16(out, 4, 1);
  if (query.qtype == kTypeA || query.qtype == kTypeAaaa) {
    const Bytes address = query.qtype == kTypeA ? Bytes(kV4) : Bytes(kV6);
    append_u16(out, 0xc000 | kHeaderSize);
    append_u16(out, query.qtype);
    append_u16(out, query.qclass);
    append_u32(out, kForgedTtl);
    append_u16(out, static_cast<std::uint16_t>(address.size()));
    append(out, address);
    set_u16(out, 6, 1);
  }
  if (query.has_opt) {
    append_opt(out, 0, query.dnssec_ok);
    set_u16(out, 10, 1);
  }
}

}  // namespace pacedns::simulator
