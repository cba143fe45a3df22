#include "pacedns/dns/query.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include <gtest/gtest.h>

#include "support/message_builder.hpp"

namespace pacedns::dns {
namespace {

using test::join;
using test::label;
using test::MessageBuilder;
using test::name;
using test::name_of_size;
using test::Octets;
using test::octets;
using test::Opt;
using test::opt_record;
using test::pointer;
using test::record;

QueryVerdict verdict(const MessageBuilder& message) {
  Query query;
  return read_query(message.wire(), query);
}

/// A query and the message that it refers to.
struct Read {
  explicit Read(const MessageBuilder& message) : wire(message.wire()), verdict(read_query(wire, query)) {}
  Octets wire;
  Query query;
  QueryVerdict verdict;
};

constexpr std::uint16_t kChaos = 3;

TEST(ReadQuery, AcceptsAnOrdinaryQuery) {
  const Read read(MessageBuilder("wWw.example.", RrType::Aaaa).id(0xabcd).flags(kRd | kCd | kAd));
  EXPECT_EQ(read.verdict, QueryVerdict::Accept);
  EXPECT_EQ(read.query.id, 0xabcd);
  EXPECT_EQ(read.query.flags, kRd | kCd | kAd);
  EXPECT_EQ(Octets(read.query.question.name().begin(), read.query.question.name().end()),
            name("wWw.example."));
  EXPECT_EQ(read.query.question.wire.data(), read.wire.data() + kHeaderSize) << "read in place";
  EXPECT_FALSE(read.query.edns);
}

TEST(ReadQuery, ReadsEdns) {
  const Read read(
      MessageBuilder("x.").opt({.size = 4096, .dnssec_ok = true, .options = test::option(3, {})}));
  EXPECT_EQ(read.verdict, QueryVerdict::Accept);
  ASSERT_TRUE(read.query.edns);
  EXPECT_EQ(read.query.edns->udp_payload_size, 4096);
  EXPECT_EQ(read.query.edns->version, 0);
  EXPECT_TRUE(read.query.dnssec_ok());
  EXPECT_FALSE(Read(MessageBuilder("x.").opt()).query.dnssec_ok());
}

TEST(ReadQuery, DropsWhatIsShorterThanAHeader) {
  const MessageBuilder message("x.");
  Query query;
  for (std::size_t size = 0; size < kHeaderSize; ++size) {
    EXPECT_EQ(read_query(message.wire_cut_at(size), query), QueryVerdict::Drop) << size;
  }
  EXPECT_EQ(read_query(message.wire_cut_at(kHeaderSize), query), QueryVerdict::FormErr);
}

TEST(ReadQuery, DropsResponsesWhateverElseTheyAre) {
  EXPECT_EQ(verdict(MessageBuilder("x.").response()), QueryVerdict::Drop);
  EXPECT_EQ(verdict(MessageBuilder("x.").response().opcode(4)), QueryVerdict::Drop);
  EXPECT_EQ(verdict(MessageBuilder().response()), QueryVerdict::Drop);
  EXPECT_EQ(verdict(MessageBuilder("x.", RrType::Axfr).response(Rcode::FormErr).opt().opt()),
            QueryVerdict::Drop);
}

TEST(ReadQuery, EveryOtherOpcodeIsNotImplemented) {
  for (unsigned opcode = 1; opcode < 16; ++opcode) {
    EXPECT_EQ(verdict(MessageBuilder("x.").opcode(opcode)), QueryVerdict::NotImp) << opcode;
  }
}

// A NOTIFY, an UPDATE or a DSO message (RFC 8490: no question at all) may hold what no query holds.
TEST(ReadQuery, TheOpcodeIsJudgedBeforeTheBody) {
  EXPECT_EQ(verdict(MessageBuilder().opcode(6)), QueryVerdict::NotImp);
  EXPECT_EQ(verdict(MessageBuilder("x.").opcode(5).question_count(9)), QueryVerdict::NotImp);
  EXPECT_EQ(verdict(MessageBuilder("x.").opcode(5).answer_count(9)), QueryVerdict::NotImp);
  EXPECT_EQ(verdict(MessageBuilder("x.").opcode(2).opt().opt()), QueryVerdict::NotImp);
  EXPECT_EQ(verdict(MessageBuilder("x.").opcode(2).opt({.version = 1})), QueryVerdict::NotImp);
  EXPECT_EQ(verdict(MessageBuilder("x.", 1, kChaos).opcode(2)), QueryVerdict::NotImp);
}

TEST(ReadQuery, AnotherOpcodeIsStillReadForItsReply) {
  const Read read(MessageBuilder("x.").id(9).opcode(5).opt(1400, true));
  EXPECT_EQ(read.query.id, 9);
  EXPECT_FALSE(read.query.question.wire.empty());
  EXPECT_TRUE(read.query.dnssec_ok());
}

TEST(ReadQuery, AnotherNumberOfQuestionsIsAFormatError) {
  EXPECT_EQ(verdict(MessageBuilder()), QueryVerdict::FormErr);
  EXPECT_EQ(verdict(MessageBuilder().opt()), QueryVerdict::FormErr);
  EXPECT_EQ(verdict(MessageBuilder("x.").question(name("x."), RrType::A)), QueryVerdict::FormErr);
  EXPECT_EQ(verdict(MessageBuilder("x.").question_count(0)), QueryVerdict::FormErr);
  EXPECT_EQ(verdict(MessageBuilder("x.").question_count(0x0100)), QueryVerdict::FormErr);
}

TEST(ReadQuery, AMalformedQuestionIsAFormatError) {
  EXPECT_EQ(verdict(MessageBuilder(pointer(0))), QueryVerdict::FormErr);
  EXPECT_EQ(verdict(MessageBuilder(name_of_size(256))), QueryVerdict::FormErr);
  EXPECT_EQ(verdict(MessageBuilder(label(octets("www")))), QueryVerdict::FormErr) << "no root label";
  EXPECT_EQ(verdict(MessageBuilder(Octets{0x41, 0, 0})), QueryVerdict::FormErr);
}

TEST(ReadQuery, CutAnywhereBehindTheHeaderItIsAFormatError) {
  const MessageBuilder message =
      MessageBuilder("www.example.").id(77).opt({.options = test::option(10, Octets(8))});
  const std::size_t whole = message.wire().size();
  for (std::size_t size = kHeaderSize; size < whole; ++size) {
    Query query;
    EXPECT_EQ(read_query(message.wire_cut_at(size), query), QueryVerdict::FormErr) << size;
    EXPECT_EQ(query.id, 77);
  }
}

TEST(ReadQuery, MalformedOptsAreFormatErrors) {
  EXPECT_EQ(verdict(MessageBuilder("x.").opt().opt()), QueryVerdict::FormErr);
  EXPECT_EQ(verdict(MessageBuilder("x.").opt({.version = 1}).opt()), QueryVerdict::FormErr);
  EXPECT_EQ(verdict(MessageBuilder("x.").opt(Opt{.owner = name("x.")})), QueryVerdict::FormErr);
  EXPECT_EQ(verdict(MessageBuilder("x.").answer(opt_record({}))), QueryVerdict::FormErr);
  EXPECT_EQ(verdict(MessageBuilder("x.").opt().additional_count(2)), QueryVerdict::FormErr);
}

TEST(ReadQuery, AFormatErrorBehindTheQuestionKeepsTheQuestion) {
  const Read read(MessageBuilder("www.example.").answer_count(1));
  EXPECT_EQ(read.verdict, QueryVerdict::FormErr);
  EXPECT_EQ(read.query.question.wire.size(), 17U);
  EXPECT_TRUE(Read(MessageBuilder(pointer(0))).query.question.wire.empty());
}

TEST(ReadQuery, EdnsVersionsAboveZeroAreBad) {
  for (const std::uint8_t version : std::initializer_list<std::uint8_t>{1, 2, 255}) {
    const Read read(MessageBuilder("x.").opt({.dnssec_ok = true, .version = version}));
    EXPECT_EQ(read.verdict, QueryVerdict::BadVers);
    EXPECT_TRUE(read.query.edns) << "the reply needs an OPT";
  }
  EXPECT_EQ(verdict(MessageBuilder("x.", RrType::Axfr).opt({.version = 1})), QueryVerdict::BadVers);
}

TEST(ReadQuery, ChaosIsRefusedAndOtherClassesAreNot) {
  EXPECT_EQ(verdict(MessageBuilder("version.bind.", 16, kChaos)), QueryVerdict::Refused);
  for (const std::uint16_t rr_class :
       std::initializer_list<std::uint16_t>{0, 1, 2, 4, 254, 255, 0x0300, 0xff03}) {
    EXPECT_EQ(verdict(MessageBuilder("x.", 1, rr_class)), QueryVerdict::Accept) << rr_class;
  }
}

TEST(ReadQuery, ZoneTransfersAreRefusedAndOtherTypesAreNot) {
  EXPECT_EQ(verdict(MessageBuilder("x.", RrType::Axfr)), QueryVerdict::Refused);
  EXPECT_EQ(verdict(MessageBuilder("x.", RrType::Ixfr)), QueryVerdict::Refused);
  EXPECT_EQ(verdict(MessageBuilder("x.", RrType::Axfr).opt()), QueryVerdict::Refused);
  for (const std::uint16_t type :
       std::initializer_list<std::uint16_t>{0, 1, 253, 255, 256, 0xfb00, 65280, 65535}) {
    EXPECT_EQ(verdict(MessageBuilder("x.", type)), QueryVerdict::Accept) << type;
  }
}

// RFC 6895 section 3.1.
TEST(ReadQuery, NobodyHasDataOfTypesThatBelongToAMessage) {
  for (const RrType type : {RrType::Opt, RrType::Tkey, RrType::Tsig})
    EXPECT_EQ(verdict(MessageBuilder("x.", type)), QueryVerdict::FormErr);
}

TEST(ReadQuery, OptionsAreNotLookedAt) {
  for (const test::Octets& options : {test::Octets{0, 10, 0, 9}, test::Octets{0}, test::Octets(300, 0xff)})
    EXPECT_EQ(verdict(MessageBuilder("x.").opt({.options = options})), QueryVerdict::Accept);
}

// RFC 8906 section 3.2.
TEST(ReadQuery, VersionOptionsAndFlagsAreJudgedTogether) {
  const test::Opt odd{.dnssec_ok = true, .options = test::Octets{0xfd, 0xe9, 0, 1, 7}, .version = 1};
  EXPECT_EQ(verdict(MessageBuilder("x.").flags(0x0040).opt(odd)), QueryVerdict::BadVers);
  EXPECT_EQ(verdict(MessageBuilder("x.", RrType::Opt).flags(0x0040).opt(odd)), QueryVerdict::BadVers);
  EXPECT_EQ(verdict(MessageBuilder("x.").flags(0x0040).opcode(15).opt(odd)), QueryVerdict::NotImp);
}

TEST(ReadQuery, RecordsInAQueryDoNoHarm) {
  EXPECT_EQ(verdict(MessageBuilder("x.").answer("x. 1 IN A 192.0.2.1")), QueryVerdict::Accept);
  EXPECT_EQ(verdict(MessageBuilder("x.").authority("x. 1 IN A 192.0.2.1").opt()), QueryVerdict::Accept);
  EXPECT_EQ(verdict(MessageBuilder("x.").trailing({1, 2, 3})), QueryVerdict::Accept);
  EXPECT_EQ(verdict(MessageBuilder("x.").add_flags(kTc | kAa | kRa | 0x40 | 5)), QueryVerdict::Accept);
}

TEST(ReadQuery, NothingIsLeftOfAQueryReadBefore) {
  const Octets first = MessageBuilder("www.example.").opt(1400, true).wire();
  Query query;
  ASSERT_EQ(read_query(first, query), QueryVerdict::Accept);

  const Octets plain = MessageBuilder("x.").wire();
  ASSERT_EQ(read_query(plain, query), QueryVerdict::Accept);
  EXPECT_FALSE(query.edns);

  ASSERT_EQ(read_query(first, query), QueryVerdict::Accept);
  const Octets malformed = MessageBuilder(pointer(0)).wire();
  ASSERT_EQ(read_query(malformed, query), QueryVerdict::FormErr);
  EXPECT_TRUE(query.question.wire.empty());
  EXPECT_FALSE(query.edns);
}

TEST(Query, TheUdpLimitIsTheClientsWithinBounds) {
  EXPECT_EQ(Read(MessageBuilder("x.")).query.udp_limit(), 512U);
  struct Case {
    std::uint16_t offered;
    std::size_t limit;
  };
  for (const Case& each : std::initializer_list<Case>{{0, 512},
                                                      {511, 512},
                                                      {512, 512},
                                                      {513, 513},
                                                      {1231, 1231},
                                                      {1232, 1232},
                                                      {1233, 1232},
                                                      {65535, 1232}}) {
    EXPECT_EQ(Read(MessageBuilder("x.").opt(each.offered)).query.udp_limit(), each.limit) << each.offered;
  }
}

TEST(Query, AdIsUnderstoodByThoseWhoSetAdOrDo) {
  EXPECT_FALSE(Read(MessageBuilder("x.")).query.understands_ad());
  EXPECT_FALSE(Read(MessageBuilder("x.").flags(kRd | kCd).opt()).query.understands_ad());
  EXPECT_TRUE(Read(MessageBuilder("x.").flags(kAd)).query.understands_ad());
  EXPECT_TRUE(Read(MessageBuilder("x.").opt(1232, true)).query.understands_ad());
}

}  // namespace
}  // namespace pacedns::dns
