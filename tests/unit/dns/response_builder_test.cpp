#include "pacedns/dns/response_builder.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "pacedns/dns/message_view.hpp"

#include "support/message_builder.hpp"
#include "support/reply_reader.hpp"

namespace pacedns::dns {
namespace {

using test::Client;
using test::Image;
using test::MessageBuilder;
using test::name;
using test::Octets;
using test::pointer;
using test::record;
using test::Reply;

constexpr int kZ = 0x40;  // reserved

Image address_image() {
  return Image(MessageBuilder("www.example.").response().answer("www.example. 300 IN A 192.0.2.1"));
}

Reply empty_reply(const Client& client, Rcode rcode, ExtendedError error = ExtendedError::None) {
  Octets out(kMaxEmptyReplySize);
  out.resize(write_empty_reply(client.query, rcode, error, out));
  return Reply(out);
}

/// Within the client's own limit for UDP.
Reply reply(const Client& client, const Image& image, std::uint32_t age = 0) {
  const std::size_t limit = client.query.udp_limit();
  Octets out(limit);
  out.resize(write_reply(client.query, image.view(), age, limit, out));
  return Reply(out);
}

// Every flag a client can set against every flag an upstream's response can have.
TEST(WriteReply, FlagsAreOursAndTheClients) {
  for (const int asked : {0, +kRd, +kCd, +kAd, kRd | kCd | kAd, +kTc, +kAa, +kRa, kZ, 15}) {
    for (const int stored : {0, +kAa, +kAd, +kRd, +kCd, kAa | kAd | kRd | kCd | kRa | kZ}) {
      for (const bool dnssec_ok : {false, true}) {
        MessageBuilder message("www.example.");
        message.flags(static_cast<unsigned>(asked));
        if (dnssec_ok) message.opt(1232, true);
        const Image image(MessageBuilder("www.example.")
                              .flags(static_cast<unsigned>(kQr | stored))
                              .answer("www.example. 1 A 192.0.2.1"));
        const int ad = ((asked & kAd) != 0 || dnssec_ok) ? stored & kAd : 0;
        const int expected = kQr | kRa | (asked & (kRd | kCd)) | ad;
        EXPECT_EQ(reply(Client(message), image).header().flags, expected)
            << asked << ' ' << stored << ' ' << dnssec_ok;
      }
    }
  }
}

TEST(WriteReply, TheRcodeIsTheImages) {
  for (const Rcode rcode : {Rcode::NoError, Rcode::ServFail, Rcode::NxDomain, Rcode::Refused}) {
    const Image image(MessageBuilder("www.example.").response(rcode));
    EXPECT_EQ(reply(Client(MessageBuilder("www.example.")), image).rcode(), rcode);
    EXPECT_EQ(reply(Client(MessageBuilder("www.example.").opt()), image).rcode(), rcode);
  }
}

TEST(WriteReply, IdAndLetterCaseAreTheClients) {
  const Client client(MessageBuilder("wWw.eXample.").id(0xfedc));
  const Image image(MessageBuilder("www.example.")
                        .id(1)
                        .response()
                        .answer(record(pointer(), RrType::A, RrClass::In, 300, {192, 0, 2, 1}))
                        .answer("www.example. 300 IN A 192.0.2.2"));
  const Reply result = reply(client, image);
  EXPECT_EQ(result.header().id, 0xfedc);
  EXPECT_EQ(result.qname(), name("wWw.eXample."));
  EXPECT_EQ(result.records().at(0).owner, name("wWw.eXample.")) << "a compressed owner follows";
  EXPECT_EQ(result.records().at(1).owner, name("www.example.")) << "one in full is data";
}

TEST(WriteReply, OptStandsInTheReplyExactlyWhenInTheQuery) {
  const Image image = address_image();
  const Reply without = reply(Client(MessageBuilder("www.example.")), image);
  EXPECT_FALSE(without.edns());
  EXPECT_EQ(without.header().additional_count, 0);

  for (const bool dnssec_ok : {false, true}) {
    const Reply with = reply(Client(MessageBuilder("www.example.").opt(4096, dnssec_ok)), image);
    ASSERT_TRUE(with.edns());
    EXPECT_EQ(with.edns()->udp_payload_size, 1232);
    EXPECT_EQ(with.edns()->version, 0);
    EXPECT_EQ(with.edns()->dnssec_ok, dnssec_ok);
    EXPECT_EQ(with.header().additional_count, 1);
    EXPECT_EQ(with.size(), without.size() + kOptSize);
  }
}

TEST(WriteReply, OptionsOfTheQueryAreNotSentBack) {
  const Client client(MessageBuilder("www.example.").opt({.options = test::option(10, Octets(8, 1))}));
  EXPECT_TRUE(reply(client, address_image()).options().empty());
}

TEST(WriteReply, OptIsCountedBesideTheAdditionalRecords) {
  const Image image(MessageBuilder("www.example.")
                        .response()
                        .answer("www.example. 300 IN A 192.0.2.1")
                        .authority("example. 300 IN NS ns.example.")
                        .additional("ns.example. 300 IN A 192.0.2.2"));
  const Reply result = reply(Client(MessageBuilder("www.example.").opt()), image);
  EXPECT_EQ(result.header().answer_count, 1);
  EXPECT_EQ(result.header().authority_count, 1);
  EXPECT_EQ(result.header().additional_count, 2);
  EXPECT_EQ(result.records().size(), 4U);
}

TEST(WriteReply, TtlsAgeButNeverBelowZeroAndNeverAbove) {
  const Image image(MessageBuilder("www.example.")
                        .response()
                        .answer("www.example. 300 IN A 192.0.2.1")
                        .authority("example. 60 IN NS ns.example.")
                        .additional("ns.example. 0 IN A 192.0.2.2")
                        .additional(record(pointer(), RrType::A, RrClass::In, 0x80000005, {192, 0, 2, 3})));
  const std::uint32_t kAges[] = {0, 1, 59, 60, 61, 299, 300, 301, 0x7fffffff, 0x80000000, 0xffffffff};
  for (const std::uint32_t age : kAges) {
    const auto records = reply(Client(MessageBuilder("www.example.").opt(1232, true)), image, age).records();
    ASSERT_EQ(records.size(), 5U);
    EXPECT_EQ(records[0].ttl, age < 300 ? 300 - age : 0) << age;
    EXPECT_EQ(records[1].ttl, age < 60 ? 60 - age : 0) << age;
    EXPECT_EQ(records[2].ttl, 0U) << age;
    EXPECT_EQ(records[3].ttl, 0U) << age;
    EXPECT_EQ(records[4].ttl, 0x8000U) << "the flags of OPT are no TTL";
  }
}

TEST(WriteReply, OnlyTtlsAreAged) {
  // Four octets of RDATA that could be taken for a TTL.
  const Octets rdata{0, 0, 1, 44};
  const Image image(MessageBuilder("www.example.", 65280)
                        .response()
                        .answer(record(pointer(), 65280, RrClass::In, 300, rdata))
                        .answer(record(pointer(), 65280, RrClass::In, 300, {})));
  const Reply result = reply(Client(MessageBuilder("www.example.", 65280)), image, 100);
  EXPECT_EQ(result.records().at(0).rdata, rdata);
  EXPECT_EQ(result.records().at(0).ttl, 200U);
  EXPECT_EQ(result.records().at(1).ttl, 200U);
}

TEST(WriteReply, TheImageIsLeftAsItWas) {
  const Image image = address_image();
  const Octets before = image.wire();
  (void)reply(Client(MessageBuilder("wWw.example.").id(9).opt()), image, 100);
  EXPECT_EQ(image.wire(), before);
}

TEST(WriteReply, AnExtendedErrorNeedsEdns) {
  const Image image(MessageBuilder("www.example.").response(Rcode::ServFail), ExtendedError::NetworkError);
  const Reply with = reply(Client(MessageBuilder("www.example.").opt()), image);
  EXPECT_EQ(with.options(), test::option(15, {0, 23}));
  EXPECT_EQ(with.rcode(), Rcode::ServFail);
  const Reply without = reply(Client(MessageBuilder("www.example.")), image);
  EXPECT_FALSE(without.edns());
  EXPECT_EQ(without.rcode(), Rcode::ServFail);
}

TEST(WriteEmptyReply, GivesBackTheQuestionWithTheRcode) {
  for (const Rcode rcode : {Rcode::FormErr, Rcode::ServFail, Rcode::NotImp, Rcode::Refused}) {
    const Reply result =
        empty_reply(Client(MessageBuilder("wWw.example.", 65280).id(5).flags(kRd | kCd)), rcode);
    EXPECT_EQ(result.header().id, 5);
    EXPECT_EQ(result.header().flags, kQr | kRd | kRa | kCd | static_cast<unsigned>(rcode));
    EXPECT_EQ(result.qname(), name("wWw.example."));
    EXPECT_TRUE(result.records().empty());
    EXPECT_FALSE(result.edns());
  }
}

TEST(WriteEmptyReply, GivesBackTheOpcode) {
  for (unsigned opcode = 1; opcode < 16; ++opcode) {
    const Reply result = empty_reply(Client(MessageBuilder("x.").opcode(opcode)), Rcode::NotImp);
    EXPECT_EQ(result.header().opcode(), opcode);
    EXPECT_EQ(result.rcode(), Rcode::NotImp);
  }
}

TEST(WriteEmptyReply, HasNoQuestionWhereNoneCouldBeRead) {
  const Client client(MessageBuilder(pointer(0)).id(6));
  ASSERT_EQ(client.verdict, QueryVerdict::FormErr);
  Octets out(kMaxEmptyReplySize);
  const std::size_t size = write_empty_reply(client.query, Rcode::FormErr, ExtendedError::None, out);
  ASSERT_EQ(size, kHeaderSize);
  const Header header = Header::read(out);
  EXPECT_EQ(header.id, 6);
  EXPECT_EQ(header.question_count, 0);
  EXPECT_EQ(header.additional_count, 0);
  EXPECT_EQ(header.low_rcode(), 1);
}

TEST(WriteEmptyReply, AdIsNeverSet) {
  const Client client(MessageBuilder("x.").flags(kAd).opt(1232, true));
  EXPECT_FALSE(empty_reply(client, Rcode::ServFail).header().has(kAd));
}

TEST(WriteEmptyReply, BadversIsSplitOverHeaderAndOpt) {
  const Client client(MessageBuilder("x.").opt({.dnssec_ok = true, .version = 1}));
  ASSERT_EQ(client.verdict, QueryVerdict::BadVers);
  const Reply result = empty_reply(client, Rcode::BadVers);
  EXPECT_EQ(result.rcode(), Rcode::BadVers);
  EXPECT_EQ(result.header().low_rcode(), 0);
  ASSERT_TRUE(result.edns());
  EXPECT_EQ(result.edns()->version, 0) << "the highest version we know (RFC 6891 §6.1.3)";
  EXPECT_TRUE(result.edns()->dnssec_ok);
}

TEST(WriteEmptyReply, AnExtendedErrorNeedsEdns) {
  const auto error = ExtendedError::NoReachableAuthority;
  const Reply with = empty_reply(Client(MessageBuilder("x.").opt()), Rcode::ServFail, error);
  EXPECT_EQ(with.options(), test::option(15, {0, 22}));
  EXPECT_FALSE(empty_reply(Client(MessageBuilder("x.")), Rcode::ServFail, error).edns());
  EXPECT_TRUE(empty_reply(Client(MessageBuilder("x.").opt()), Rcode::ServFail).options().empty());
}

TEST(WriteEmptyReply, TheLargestOneFitsExactly) {
  const Client client(MessageBuilder(test::name_of_size(255)).opt(512, true));
  const Reply result = empty_reply(client, Rcode::ServFail, ExtendedError::NetworkError);
  EXPECT_EQ(result.size(), kMaxEmptyReplySize);
  EXPECT_LE(kMaxEmptyReplySize, kMinUdpPayloadSize);
}

}  // namespace
}  // namespace pacedns::dns
