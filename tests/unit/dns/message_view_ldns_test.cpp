#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pacedns/dns/message_view.hpp"

#include "support/ldns_comparison.hpp"
#include "support/message_builder.hpp"

// MessageView against ldns: thousands of damaged messages, and wherever both take one, they must have seen
// the same. Each message stands in a block of its own size, so that a sanitizer sees a read past the end.

namespace pacedns::dns {
namespace {

using test::Comparison;
using test::is_ours_to_refuse;
using test::join;
using test::label;
using test::ldns_lost_its_way;
using test::ldns_parse;
using test::MessageBuilder;
using test::Octets;
using test::octets;
using test::pointer;
using test::record;

constexpr int kMutations = 20'000;
constexpr auto kIn = RrClass::In;

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

TEST(MessageViewAgainstLdns, AgreesOnValidMessages) {
  for (const Octets& wire : valid_messages()) {
    const auto view = MessageView::parse(wire);
    const test::Packet packet = ldns_parse(wire);
    ASSERT_TRUE(view);
    ASSERT_TRUE(packet);
    EXPECT_EQ(Comparison(*view, packet.get()).difference(), "");
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
    const test::Packet packet = ldns_parse(wire);
    if (packet && ldns_lost_its_way(wire, packet.get())) {
      ++ldns_lost;
    } else if (view && packet) {
      ++both;
      EXPECT_EQ(Comparison(*view, packet.get()).difference(), "");
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
