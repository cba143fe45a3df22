#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include <ldns/ldns.h>
// Where nobody included <stdbool.h> before, ldns makes macros of these.
#undef bool
#undef false
#undef true

#if defined(__SANITIZE_ADDRESS__)
#define PACEDNS_LEAKS_ARE_FOUND
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PACEDNS_LEAKS_ARE_FOUND
#endif
#endif
#ifdef PACEDNS_LEAKS_ARE_FOUND
#include <sanitizer/lsan_interface.h>
#endif

#include "pacedns/base/bytes.hpp"
#include "pacedns/dns/edns.hpp"
#include "pacedns/dns/header.hpp"
#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/name.hpp"
#include "pacedns/dns/question.hpp"
#include "pacedns/dns/wire.hpp"

#include "support/message_builder.hpp"

// MessageView against ldns, which shares no code with it: wherever both take a message, they must have seen
// the same. Where one takes what the other refuses there has to be a reason:
//
// - ldns reads RDATA of the types that it knows, and owners through their compression pointers. MessageView
// does
//   neither: what it does not need to understand passes as it is. `with_opaque_rdata` takes the first away.
// - MessageView wants one question, uncompressed, and one OPT at the root, in its section (RFC 6891 §6.1.1);
//   ldns takes others, see `is_ours_to_refuse`.
// - ldns reads on from where the fields of RDATA ended, wherever RDLENGTH leads to, and of the RRs behind a
//   transaction signature it leaves out the last: see `ldns_lost_its_way`.

namespace pacedns::test {

struct FreePacket {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
};
using Packet = std::unique_ptr<ldns_pkt, FreePacket>;

/// Nothing if ldns does not take it. Some of what it refuses it leaks: that is not ours to report.
[[nodiscard]] inline Packet ldns_parse(Bytes wire) {
#ifdef PACEDNS_LEAKS_ARE_FOUND
  const __lsan::ScopedDisabler disabler;
#endif
  ldns_pkt* packet = nullptr;
  if (ldns_wire2pkt(&packet, wire.data(), wire.size()) != LDNS_STATUS_OK) return nullptr;
  return Packet(packet);
}

/// Where RDATA ends in `message` when ldns's fields are laid out from `offset`: a name takes what it takes
/// there, compressed or not, all else its own size.
[[nodiscard]] inline std::size_t rdata_end(Bytes message, std::size_t offset, const ldns_rr* rr) {
  for (std::size_t i = 0; i < ldns_rr_rd_count(rr); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(rr, i);
    const bool is_name = ldns_rdf_get_type(field) == LDNS_RDF_TYPE_DNAME;
    offset = is_name ? dns::skip_name(message, offset).value_or(0) : offset + ldns_rdf_size(field);
  }
  return offset;
}

[[nodiscard]] inline bool is_tsig(const dns::Record& ours) {
  return ours.type == LDNS_RR_TYPE_TSIG && ours.section == dns::Section::Additional;
}

/// The RRs of ldns's message in the order of the wire.
class LdnsRecords {
 public:
  explicit LdnsRecords(const ldns_pkt* packet)
      : packet_(packet),
        sections_{ldns_pkt_answer(packet), ldns_pkt_authority(packet), ldns_pkt_additional(packet)} {}

  /// What ldns has in the place of `ours`; it keeps transaction signatures and OPT apart.
  [[nodiscard]] const ldns_rr* next(const dns::Record& ours) {
    const auto section = static_cast<std::size_t>(ours.section);
    if (is_tsig(ours)) return ldns_pkt_tsig(packet_);
    return ldns_rr_list_rr(sections_[section], counts_[section]++);
  }

  [[nodiscard]] bool at_end() const {
    for (std::size_t i = 0; i < 3; ++i) {
      if (counts_[i] != ldns_rr_list_rr_count(sections_[i])) return false;
    }
    return true;
  }

 private:
  const ldns_pkt* packet_;
  const ldns_rr_list* sections_[3];
  std::size_t counts_[3] = {};
};

[[nodiscard]] inline bool is_opt(const dns::Record& ours) {
  return ours.is(dns::RrType::Opt) && ours.section == dns::Section::Additional;
}

/// Whether ldns read on at another place than RDLENGTH says, so that all that follows is out of step, or did
/// not read what follows a transaction signature.
[[nodiscard]] inline bool ldns_lost_its_way(Bytes wire, const ldns_pkt* packet) {
  const auto question = dns::read_question(wire);
  if (!question) return false;
  const dns::Header header = dns::Header::read(wire);
  dns::RecordReader records(wire, header, dns::kHeaderSize + question->wire.size());
  LdnsRecords ldns_records(packet);
  for (std::size_t additionals = 0; const auto ours = records.next();) {
    if (ours->section == dns::Section::Additional) ++additionals;
    if (is_opt(*ours)) continue;
    if (is_tsig(*ours) && additionals < header.additional_count) return true;
    const ldns_rr* theirs = ldns_records.next(*ours);
    if (theirs == nullptr) return false;
    if (rdata_end(wire, ours->rdata_offset(), theirs) != ours->end) return true;
  }
  return false;
}

/// What ldns takes and MessageView must not.
[[nodiscard]] inline bool is_ours_to_refuse(Bytes wire) {
  const dns::Header header = dns::Header::read(wire);
  if (header.question_count != 1) return true;
  const auto question = dns::read_question(wire);
  if (!question) return true;
  int opts = 0;
  bool misplaced = false;
  dns::RecordReader records(wire, header, dns::kHeaderSize + question->wire.size());
  while (const auto rr = records.next()) {
    if (!rr->is(dns::RrType::Opt)) continue;
    ++opts;
    misplaced |= rr->section != dns::Section::Additional || wire[rr->owner_offset] != 0;
  }
  return !records.failed() && (opts > 1 || misplaced);
}

/// Whether each owner can be read, with its pointers leading backwards as they must (RFC 1035 §4.1.4), and
/// not into the header: ldns does not follow one to its first octet.
[[nodiscard]] inline bool owners_are_readable(const dns::MessageView& view) {
  constexpr std::uint8_t kReservedLabelType = 0x40;
  Octets wire(view.wire().begin(), view.wire().end());
  std::fill_n(wire.begin(), dns::kHeaderSize, kReservedLabelType);
  auto records = view.records();
  while (const auto record = records.next()) {
    if (!dns::Name::read(wire, record->owner_offset)) return false;
  }
  return true;
}

/// The message with a TYPE that is nobody's in place of all but OPT, so that there is nothing to understand
/// in RDATA (RFC 3597 §2). Owners may be others afterwards, if they led into a TYPE.
[[nodiscard]] inline Octets with_opaque_rdata(const dns::MessageView& view) {
  constexpr std::uint16_t kPrivateType = 65280;
  Octets wire(view.wire().begin(), view.wire().end());
  auto records = view.records();
  while (const auto record = records.next()) {
    if (!is_opt(*record)) dns::store_u16(wire, record->ttl_offset - 4, kPrivateType);
  }
  return wire;
}

/// Whether ldns finds fault with nothing but RDATA and owners.
[[nodiscard]] inline bool ldns_takes_the_frame(const dns::MessageView& view) {
  const Octets opaque = with_opaque_rdata(view);
  const auto again = dns::MessageView::parse(opaque);
  return again && (!owners_are_readable(*again) || ldns_parse(opaque) != nullptr);
}

/// Collects the first thing that two readers of a message have seen differently.
class Comparison {
 public:
  Comparison(const dns::MessageView& view, const ldns_pkt* packet) : view_(view), packet_(packet) {
    compare_header();
    compare_question();
    compare_records();
  }

  /// Empty if there is no difference.
  [[nodiscard]] const std::string& difference() const { return difference_; }

 private:
  void same(const char* what, std::size_t ours, std::size_t theirs) {
    if (ours == theirs || !difference_.empty()) return;
    difference_ = std::string(what) + ": " + std::to_string(ours) + ", to ldns " + std::to_string(theirs);
  }

  void compare_header() {
    const dns::Header& header = view_.header();
    same("ID", header.id, ldns_pkt_id(packet_));
    same("Opcode", header.opcode(), static_cast<std::size_t>(ldns_pkt_get_opcode(packet_)));
    same("RCODE", header.low_rcode(), static_cast<std::size_t>(ldns_pkt_get_rcode(packet_)));
    same("upper RCODE", static_cast<unsigned>(view_.rcode()) >> 4, ldns_pkt_edns_extended_rcode(packet_));
    same("QR", header.has(dns::kQr), ldns_pkt_qr(packet_));
    same("AA", header.has(dns::kAa), ldns_pkt_aa(packet_));
    same("TC", header.has(dns::kTc), ldns_pkt_tc(packet_));
    same("RD", header.has(dns::kRd), ldns_pkt_rd(packet_));
    same("RA", header.has(dns::kRa), ldns_pkt_ra(packet_));
    same("AD", header.has(dns::kAd), ldns_pkt_ad(packet_));
    same("CD", header.has(dns::kCd), ldns_pkt_cd(packet_));
  }

  void compare_question() {
    const ldns_rr* question = ldns_rr_list_rr(ldns_pkt_question(packet_), 0);
    same("QTYPE", view_.question().type, ldns_rr_get_type(question));
    same("QCLASS", view_.question().rr_class, ldns_rr_get_class(question));
    compare_name("QNAME", view_.question().name(), ldns_rr_owner(question));
  }

  void compare_records() {
    LdnsRecords ldns_records(packet_);
    auto records = view_.records();
    while (const auto ours = records.next()) {
      if (is_opt(*ours)) {
        compare_opt(*ours);
        continue;
      }
      const ldns_rr* theirs = ldns_records.next(*ours);
      same("an RR is there", 1, theirs != nullptr);
      if (theirs == nullptr) return;
      compare_record(*ours, theirs);
    }
    same("all RRs can be read", !records.failed(), 1);
    same("no more RRs are there", 1, ldns_records.at_end());
  }

  void compare_record(const dns::Record& ours, const ldns_rr* theirs) {
    same("TYPE", ours.type, ldns_rr_get_type(theirs));
    same("CLASS", ours.rr_class, ldns_rr_get_class(theirs));
    same("TTL", ours.ttl, ldns_rr_ttl(theirs));
    same("end of RDATA", ours.end, rdata_end(view_.wire(), ours.rdata_offset(), theirs));
    const auto owner = dns::Name::read(view_.wire(), ours.owner_offset);
    if (owner)
      compare_name("owner", owner->wire(), ldns_rr_owner(theirs));  // ldns follows pointers forwards too
  }

  void compare_opt(const dns::Record& ours) {
    const dns::Edns edns = dns::Edns::read(ours);
    same("EDNS size", edns.udp_payload_size, ldns_pkt_edns_udp_size(packet_));
    same("EDNS version", edns.version, ldns_pkt_edns_version(packet_));
    same("DO", edns.dnssec_ok, ldns_pkt_edns_do(packet_));
    const ldns_rdf* data = ldns_pkt_edns_data(packet_);
    same("size of EDNS options", ours.rdata.size(), data == nullptr ? 0 : ldns_rdf_size(data));
  }

  void compare_name(const char* what, Bytes ours, const ldns_rdf* theirs) {
    const Bytes name(ldns_rdf_data(theirs), ldns_rdf_size(theirs));
    if (!std::ranges::equal(ours, name) && difference_.empty())
      difference_ = std::string(what) + ": other octets to ldns";
  }

  const dns::MessageView& view_;
  const ldns_pkt* packet_;
  std::string difference_;
};

}  // namespace pacedns::test
