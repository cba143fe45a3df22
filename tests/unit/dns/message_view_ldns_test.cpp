#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pacedns/dns/edns.hpp"
#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/name.hpp"

#include "support/message_builder.hpp"

// MessageView against ldns: thousands of damaged messages, and wherever both take one, they must have seen
// the same. Each message stands in a block of its own size, so that a sanitizer sees a read past the end.

namespace pacedns::dns {
namespace {

using test::join;
using test::label;
using test::MessageBuilder;
using test::Octets;
using test::octets;
using test::pointer;
using test::record;

constexpr int kMutations = 20'000;
constexpr auto kIn = RrClass::In;

struct FreePacket {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
};
using Packet = std::unique_ptr<ldns_pkt, FreePacket>;

Packet ldns_parse(const Octets& wire) {
  ldns_pkt* packet = nullptr;
  if (ldns_wire2pkt(&packet, wire.data(), wire.size()) != LDNS_STATUS_OK) return nullptr;
  return Packet(packet);
}

std::string hex(const Octets& wire) {
  std::string text;
  for (const std::uint8_t octet : wire)
    text += {"0123456789abcdef"[octet >> 4], "0123456789abcdef"[octet & 15]};
  return text;
}

std::vector<Octets> valid_messages() {
  const Octets at_example = pointer(16);  // of www.example. as QNAME
  const Octets soa =
      join({label(octets("ns")), at_example, label(octets("admin")), at_example, Octets(20, 9)});
  MessageBuilder pool("www.example.");
  pool.response();
  for (std::uint8_t i = 0; i < 20; ++i)
    pool.answer(record(pointer(), RrType::A, kIn, 300, {192, 0, 2, i}));
  return {
      MessageBuilder("www.example.").wire(),
      MessageBuilder(".", RrType::Ns).opt(4096, true).wire(),
      MessageBuilder("www.example.").opt({.options = test::option(10, octets("12345678"))}).wire(),
      pool.opt().wire(),
      MessageBuilder("www.example.", RrType::Aaaa)
          .response()
          .answer(record(pointer(), RrType::Cname, kIn, 60, join({label(octets("host")), at_example})))
          .answer(record(pointer(41), RrType::Aaaa, kIn, 300, Octets(16, 0x20)))
          .wire(),
      MessageBuilder("www.example.")
          .response(Rcode::NxDomain)
          .authority(record(at_example, RrType::Soa, kIn, 3600, soa))
          .opt({.dnssec_ok = true, .upper_rcode = 1})
          .wire(),
      MessageBuilder("www.example.", 15)
          .response()
          .answer(record(pointer(), 15, kIn, 5, join({{0, 10}, label(octets("mail")), at_example})))
          .answer("www.example. 300 IN MX 20 mail.example.org.")
          .additional("mail.example.org. 300 IN A 192.0.2.1")
          .wire(),
      MessageBuilder("www.example.", 16)
          .response()
          .answer(R"(www.example. 1 IN TXT "some" "text" "")")
          .wire(),
      MessageBuilder("_sip._udp.example.", 33)
          .response()
          .answer("_sip._udp.example. 1 IN SRV 1 2 5060 a.b.")
          .wire(),
      MessageBuilder("x.", 65280).response().answer("x. 7 IN TYPE65280 \\# 5 0102030405").opt().wire(),
      MessageBuilder("example.", 43)
          .response()
          .answer("example. 300 IN DS 1 8 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
          .answer("example. 300 IN NSEC www.example. A NS SOA")
          .authority("example. 300 IN NS ns.example.")
          .additional("ns.example. 300 IN AAAA 2001:db8::1")
          .opt(1232, true)
          .wire(),
      MessageBuilder("x.", 257).flags(0xffff).answer(R"(x. 1 CH TXT "chaos")").trailing({1, 2, 3}).wire(),
  };
}

/// Damaged in one to three places: mostly octets replaced or bits flipped, at times octets inserted, left
/// out, or the tail cut off.
Octets mutated(Octets wire, std::mt19937& random) {
  const auto below = [&random](std::size_t bound) { return static_cast<std::ptrdiff_t>(random() % bound); };
  for (auto left = 1 + below(3); left > 0 && !wire.empty(); --left) {
    const auto at = wire.begin() + below(wire.size());
    const auto kind = below(16);
    if (kind == 0) {
      wire.insert(at, static_cast<std::uint8_t>(random()));
    } else if (kind == 1) {
      wire.erase(at);
    } else if (kind == 2) {
      wire.resize(wire.size() - std::min(wire.size(), 1 + random() % 20));
    } else if (kind < 9) {
      *at = static_cast<std::uint8_t>(random());
    } else {
      *at = static_cast<std::uint8_t>(*at ^ (1U << below(8)));
    }
  }
  wire.shrink_to_fit();
  return wire;
}

/// Where RDATA ends in `message` when ldns's fields are laid out from `offset`: a name takes what it takes
/// there, compressed or not, all else its own size.
std::size_t rdata_end(const Octets& message, std::size_t offset, const ldns_rr* rr) {
  for (std::size_t i = 0; i < ldns_rr_rd_count(rr); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(rr, i);
    const bool is_name = ldns_rdf_get_type(field) == LDNS_RDF_TYPE_DNAME;
    offset = is_name ? skip_name(message, offset).value_or(0) : offset + ldns_rdf_size(field);
  }
  return offset;
}

void expect_same_record(const Octets& wire, const Record& ours, const ldns_rr* theirs) {
  EXPECT_EQ(ours.type, ldns_rr_get_type(theirs));
  EXPECT_EQ(ours.rr_class, ldns_rr_get_class(theirs));
  EXPECT_EQ(ours.ttl, ldns_rr_ttl(theirs));
  EXPECT_EQ(ours.end, rdata_end(wire, ours.rdata_offset(), theirs));
  const auto owner = Name::read(wire, ours.owner_offset);
  if (!owner) return;  // ldns follows pointers forwards too
  const ldns_rdf* name = ldns_rr_owner(theirs);
  EXPECT_TRUE(std::ranges::equal(owner->wire(), Bytes(ldns_rdf_data(name), ldns_rdf_size(name))));
}

/// The RRs of ldns's message in the order of the wire.
class LdnsRecords {
 public:
  explicit LdnsRecords(const ldns_pkt* packet)
      : packet_(packet),
        sections_{ldns_pkt_answer(packet), ldns_pkt_authority(packet), ldns_pkt_additional(packet)} {}

  /// What ldns has in the place of `ours`; it keeps transaction signatures and OPT apart.
  [[nodiscard]] const ldns_rr* next(const Record& ours) {
    const auto section = static_cast<std::size_t>(ours.section);
    if (ours.section == Section::Additional && ours.type == LDNS_RR_TYPE_TSIG) return ldns_pkt_tsig(packet_);
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

bool is_opt(const Record& ours) {
  return ours.is(RrType::Opt) && ours.section == Section::Additional;
}

/// ldns reads on from where the fields of RDATA ended, wherever RDLENGTH leads to: where the two differ, all
/// that follows is out of step.
bool ldns_lost_its_way(const Octets& wire, const ldns_pkt* packet) {
  const auto question = read_question(wire);
  if (!question) return false;
  RecordReader records(wire, Header::read(wire), kHeaderSize + question->wire.size());
  LdnsRecords ldns_records(packet);
  while (const auto ours = records.next()) {
    if (is_opt(*ours)) continue;
    const ldns_rr* theirs = ldns_records.next(*ours);
    if (theirs == nullptr) return false;
    const std::size_t rdata = ours->ttl_offset + 6;
    if (rdata_end(wire, rdata, theirs) != rdata + load_u16(wire, rdata - 2)) return true;
  }
  return false;
}

void expect_same_opt(const Record& ours, const ldns_pkt* packet) {
  const Edns edns = Edns::read(ours);
  EXPECT_EQ(edns.udp_payload_size, ldns_pkt_edns_udp_size(packet));
  EXPECT_EQ(edns.version, ldns_pkt_edns_version(packet));
  EXPECT_EQ(edns.dnssec_ok, ldns_pkt_edns_do(packet));
  const ldns_rdf* data = ldns_pkt_edns_data(packet);
  EXPECT_EQ(ours.rdata.size(), data == nullptr ? 0 : ldns_rdf_size(data));
}

void expect_same_header(const MessageView& view, const ldns_pkt* packet) {
  const Header& header = view.header();
  EXPECT_EQ(header.id, ldns_pkt_id(packet));
  EXPECT_EQ(header.opcode(), static_cast<int>(ldns_pkt_get_opcode(packet)));
  EXPECT_EQ(header.low_rcode(), static_cast<int>(ldns_pkt_get_rcode(packet)));
  EXPECT_EQ(static_cast<unsigned>(view.rcode()) >> 4, ldns_pkt_edns_extended_rcode(packet));
  EXPECT_EQ(header.has(kQr), ldns_pkt_qr(packet));
  EXPECT_EQ(header.has(kAa), ldns_pkt_aa(packet));
  EXPECT_EQ(header.has(kTc), ldns_pkt_tc(packet));
  EXPECT_EQ(header.has(kRd), ldns_pkt_rd(packet));
  EXPECT_EQ(header.has(kRa), ldns_pkt_ra(packet));
  EXPECT_EQ(header.has(kAd), ldns_pkt_ad(packet));
  EXPECT_EQ(header.has(kCd), ldns_pkt_cd(packet));
}

void expect_same_message(const Octets& wire, const MessageView& view, const ldns_pkt* packet) {
  expect_same_header(view, packet);
  const ldns_rr* question = ldns_rr_list_rr(ldns_pkt_question(packet), 0);
  EXPECT_EQ(view.question().type, ldns_rr_get_type(question));
  EXPECT_EQ(view.question().rr_class, ldns_rr_get_class(question));

  LdnsRecords ldns_records(packet);
  auto records = view.records();
  while (const auto ours = records.next()) {
    if (is_opt(*ours)) {
      expect_same_opt(*ours, packet);
      continue;
    }
    const ldns_rr* theirs = ldns_records.next(*ours);
    ASSERT_NE(theirs, nullptr);
    expect_same_record(wire, *ours, theirs);
  }
  EXPECT_FALSE(records.failed());
  EXPECT_TRUE(ldns_records.at_end());
}

/// What ldns takes and MessageView must not: it wants one question, uncompressed, and one OPT at the root, in
/// its section.
bool is_ours_to_refuse(const Octets& wire) {
  const Header header = Header::read(wire);
  if (header.question_count != 1) return true;
  const auto question = read_question(wire);
  if (!question) return true;
  int opts = 0;
  bool misplaced = false;
  RecordReader records(wire, header, kHeaderSize + question->wire.size());
  while (const auto rr = records.next()) {
    if (!rr->is(RrType::Opt)) continue;
    ++opts;
    misplaced |= rr->section != Section::Additional || wire[rr->owner_offset] != 0;
  }
  return !records.failed() && (opts > 1 || misplaced);
}

TEST(MessageViewAgainstLdns, AgreesOnValidMessages) {
  for (const Octets& wire : valid_messages()) {
    const auto view = MessageView::parse(wire);
    const Packet packet = ldns_parse(wire);
    ASSERT_TRUE(view);
    ASSERT_TRUE(packet);
    expect_same_message(wire, *view, packet.get());
  }
}

TEST(MessageViewAgainstLdns, AgreesOnDamagedMessages) {
  std::mt19937 random(20240229);  // NOLINT: the same messages in each run
  const std::vector<Octets> seeds = valid_messages();
  int both = 0;
  int only_ours = 0;
  int only_ldns = 0;
  int neither = 0;
  int ldns_lost = 0;
  for (int i = 0; i < kMutations; ++i) {
    const Octets wire = mutated(seeds[random() % seeds.size()], random);
    SCOPED_TRACE(testing::Message() << "mutation " << i << ": " << hex(wire));
    const auto view = MessageView::parse(wire);
    const Packet packet = ldns_parse(wire);
    if (packet && ldns_lost_its_way(wire, packet.get())) {
      ++ldns_lost;
    } else if (view && packet) {
      ++both;
      expect_same_message(wire, *view, packet.get());
    } else if (view) {
      ++only_ours;  // RDATA or owners that ldns cannot read: not ours to judge
    } else if (packet) {
      ++only_ldns;
      EXPECT_TRUE(is_ours_to_refuse(wire));
    } else {
      ++neither;
    }
    if (HasFailure()) return;
  }
  RecordProperty("both", both);
  RecordProperty("only_ours", only_ours);
  RecordProperty("only_ldns", only_ldns);
  RecordProperty("neither", neither);
  RecordProperty("ldns_lost", ldns_lost);
  EXPECT_GT(both, kMutations / 4) << only_ours << ' ' << only_ldns << ' ' << neither;
  EXPECT_GT(neither, kMutations / 10) << both << ' ' << only_ours << ' ' << only_ldns;
  EXPECT_GT(only_ours, 0);
  EXPECT_GT(only_ldns, 0);
  EXPECT_LT(ldns_lost, kMutations / 50) << "too many to be ldns's fault";
}

}  // namespace
}  // namespace pacedns::dns
