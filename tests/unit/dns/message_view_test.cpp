#include "pacedns/dns/message_view.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>

#include <gtest/gtest.h>

#include "support/message_builder.hpp"

namespace pacedns::dns {
namespace {

using test::Code;
using test::join;
using test::label;
using test::MessageBuilder;
using test::name;
using test::Octets;
using test::octets;
using test::Opt;
using test::opt_record;
using test::pointer;
using test::record;

bool parses(const MessageBuilder& message) {
  return MessageView::parse(message.wire()).has_value();
}

MessageBuilder typical_response() {
  return MessageBuilder("www.example.")
      .response()
      .answer("www.example. 60 IN CNAME host.example.")
      .answer(record(pointer(), RrType::A, RrClass::In, 300, {192, 0, 2, 1}))
      .authority("example. 3600 IN NS ns.example.")
      .additional(
          record(join({label(octets("ns")), pointer(16)}), RrType::Aaaa, RrClass::In, 7, Octets(16, 1)))
      .opt(1232, true);
}

TEST(MessageView, WalksTheRecordsOfAllSections) {
  const Octets wire = typical_response().id(77).wire();
  const auto view = MessageView::parse(wire);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->header().id, 77);
  EXPECT_EQ(view->question().type, 1);
  EXPECT_EQ(view->wire().size(), wire.size());

  struct Expected {
    Section section;
    RrType type;
    std::uint32_t ttl;
    std::size_t rdata_size;
  };
  const Expected expected[] = {{Section::Answer, RrType::Cname, 60, 14},
                               {Section::Answer, RrType::A, 300, 4},
                               {Section::Authority, RrType::Ns, 3600, 12},
                               {Section::Additional, RrType::Aaaa, 7, 16},
                               {Section::Additional, RrType::Opt, 0x8000, 0}};
  auto records = view->records();
  std::size_t offset = kHeaderSize + view->question().wire.size();
  for (const Expected& each : expected) {
    EXPECT_EQ(records.offset(), offset);
    const auto rr = records.next();
    ASSERT_TRUE(rr);
    EXPECT_EQ(rr->section, each.section);
    EXPECT_TRUE(rr->is(each.type));
    EXPECT_EQ(rr->ttl, each.ttl);
    EXPECT_EQ(load_u32(wire, rr->ttl_offset), each.ttl);
    EXPECT_EQ(rr->rdata.size(), each.rdata_size);
    EXPECT_EQ(rr->owner_offset, offset);
    EXPECT_EQ(rr->rdata_offset() + rr->rdata.size(), rr->end);
    EXPECT_EQ(rr->rdata.data(), wire.data() + rr->rdata_offset());
    offset = rr->end;
  }
  EXPECT_EQ(offset, wire.size());
  EXPECT_FALSE(records.next());
  EXPECT_FALSE(records.next());
  EXPECT_FALSE(records.failed());
}

TEST(MessageView, ACopiedReaderReadsAhead) {
  const Octets wire = typical_response().wire();
  auto records = MessageView::parse(wire)->records();
  (void)records.next();
  auto ahead = records;
  while (ahead.next()) {
  }
  EXPECT_TRUE(records.next()->is(RrType::A));
}

TEST(MessageView, NeedsExactlyOneQuestion) {
  EXPECT_TRUE(parses(MessageBuilder("x.")));
  EXPECT_FALSE(parses(MessageBuilder()));
  EXPECT_FALSE(parses(MessageBuilder("x.").question(name("x."), RrType::A)));
  EXPECT_FALSE(parses(MessageBuilder("x.").question_count(0)));
  EXPECT_FALSE(parses(MessageBuilder("x.").question_count(257)));
}

TEST(MessageView, CutAnywhereItDoesNotParse) {
  const MessageBuilder message = typical_response();
  const std::size_t whole = message.wire().size();
  for (std::size_t size = 0; size < whole; ++size) {
    EXPECT_FALSE(MessageView::parse(message.wire_cut_at(size))) << size;
  }
}

TEST(MessageView, CountsLargerThanTheContentDoNotParse) {
  EXPECT_FALSE(parses(typical_response().answer_count(3)));
  EXPECT_FALSE(parses(typical_response().authority_count(2)));
  EXPECT_FALSE(parses(typical_response().additional_count(3)));
  EXPECT_FALSE(
      parses(typical_response().answer_count(0xffff).authority_count(0xffff).additional_count(0xffff)));
  EXPECT_FALSE(parses(MessageBuilder("x.").answer_count(1)));
}

TEST(MessageView, OctetsBehindTheLastRecordAreIgnored) {
  const Octets whole = typical_response().wire();
  const Octets longer = typical_response().trailing(Octets(100, 0xff)).wire();
  const auto view = MessageView::parse(longer);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->wire().size(), whole.size());

  const Octets uncounted = typical_response().additional_count(1).wire();
  ASSERT_TRUE(MessageView::parse(uncounted));
  EXPECT_FALSE(MessageView::parse(uncounted)->opt()) << "an OPT beyond ARCOUNT is none";
}

TEST(MessageView, RdlengthMayNotRunPastTheEnd) {
  const auto with_length = [](std::size_t length) {
    return MessageBuilder("x.").response().answer(
        record(pointer(), RrType::A, RrClass::In, 1, {1, 2, 3, 4}, length));
  };
  EXPECT_TRUE(parses(with_length(4)));
  EXPECT_FALSE(parses(with_length(5)));
  EXPECT_FALSE(parses(with_length(0xffff)));
  EXPECT_TRUE(parses(with_length(3))) << "the octet behind is ignored";
}

TEST(MessageView, AnyTypeClassAndRdataPass) {
  Octets any(256);
  for (std::size_t i = 0; i < any.size(); ++i)
    any[i] = static_cast<std::uint8_t>(i);
  const Octets wire = MessageBuilder("x.", 65280)
                          .response()
                          .answer(record(pointer(), 65280, 0xfe01, 0xffffffff, any))
                          .answer(record(pointer(), 65281, 0, 0, {}))
                          .wire();
  const auto view = MessageView::parse(wire);
  ASSERT_TRUE(view);
  auto records = view->records();
  const auto first = records.next();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->type, 65280);
  EXPECT_EQ(first->rr_class, 0xfe01);
  EXPECT_EQ(first->ttl, 0xffffffff);
  EXPECT_EQ(Octets(first->rdata.begin(), first->rdata.end()), any);
  EXPECT_TRUE(records.next()->rdata.empty());
}

TEST(MessageView, TheLargestMessageParses) {
  const std::size_t frame = MessageBuilder("x.").wire().size() + 12;
  const Octets wire = MessageBuilder("x.", 65280)
                          .response()
                          .answer(record(pointer(), 65280, RrClass::In, 1, Octets(65535 - frame)))
                          .wire();
  ASSERT_EQ(wire.size(), 65535U);
  EXPECT_TRUE(MessageView::parse(wire));
}

TEST(MessageView, ReservedLabelTypesInOwnersDoNotParse) {
  for (const std::uint8_t type : std::initializer_list<std::uint8_t>{0x40, 0x41, 0x80, 0xbf}) {
    const Octets owner = join({{type}, Octets(200, 0)});
    EXPECT_FALSE(parses(MessageBuilder("x.").answer(record(owner, RrType::A, RrClass::In, 1, {1, 2, 3, 4}))));
  }
}

TEST(MessageView, FindsOptWhereverItStandsInTheAdditionalSection) {
  const Octets options = test::option(10, octets("12345678"));
  const Octets wire = MessageBuilder("x.")
                          .response()
                          .additional("x. 1 IN A 192.0.2.1")
                          .opt({.size = 4096, .options = options})
                          .additional("x. 1 IN A 192.0.2.2")
                          .wire();
  const auto view = MessageView::parse(wire);
  ASSERT_TRUE(view);
  ASSERT_TRUE(view->opt());
  EXPECT_EQ(view->opt()->rr_class, 4096);
  EXPECT_EQ(view->opt()->section, Section::Additional);
  EXPECT_EQ(Octets(view->opt()->rdata.begin(), view->opt()->rdata.end()), options);
  EXPECT_FALSE(MessageView::parse(MessageBuilder("x.").wire())->opt());
}

TEST(MessageView, ASecondOptDoesNotParse) {
  EXPECT_TRUE(parses(MessageBuilder("x.").opt()));
  EXPECT_FALSE(parses(MessageBuilder("x.").opt().opt()));
  EXPECT_FALSE(parses(MessageBuilder("x.").opt().additional("x. 1 IN A 192.0.2.1").opt(512)));
}

TEST(MessageView, OptOutsideTheAdditionalSectionDoesNotParse) {
  EXPECT_FALSE(parses(MessageBuilder("x.").answer(opt_record({}))));
  EXPECT_FALSE(parses(MessageBuilder("x.").authority(opt_record({}))));
}

TEST(MessageView, OptElsewhereThanAtTheRootDoesNotParse) {
  EXPECT_FALSE(parses(MessageBuilder("x.").opt(Opt{.owner = name("x.")})));
  EXPECT_FALSE(parses(MessageBuilder("x.").opt(Opt{.owner = pointer()})));
}

TEST(MessageView, TheRcodeHasItsUpperBitsInOpt) {
  const auto rcode = [](const MessageBuilder& message) {
    return MessageView::parse(message.wire())->rcode();
  };
  EXPECT_EQ(rcode(MessageBuilder("x.").response(Rcode::NxDomain)), Rcode::NxDomain);
  EXPECT_EQ(rcode(MessageBuilder("x.").response(Rcode::ServFail).opt()), Rcode::ServFail);
  EXPECT_EQ(rcode(MessageBuilder("x.").response().opt({.upper_rcode = 1})), Rcode::BadVers);
  EXPECT_EQ(rcode(MessageBuilder("x.").response(static_cast<Rcode>(15)).opt({.upper_rcode = 255})),
            static_cast<Rcode>(4095));
  EXPECT_EQ(rcode(MessageBuilder("x.").response().opt({.dnssec_ok = true, .version = 255})), Rcode::NoError);
}

TEST(RecordReader, StopsAndFailsAtTheFirstMalformedRecord) {
  const Octets wire = MessageBuilder("x.")
                          .answer("x. 1 IN A 192.0.2.1")
                          .answer(record(pointer(), RrType::A, RrClass::In, 1, {1}, 5))
                          .wire();
  RecordReader records(wire, Header::read(wire), kHeaderSize + 7);
  EXPECT_TRUE(records.next());
  EXPECT_FALSE(records.failed());
  const std::size_t offset = records.offset();
  EXPECT_FALSE(records.next());
  EXPECT_TRUE(records.failed());
  EXPECT_FALSE(records.next());
  EXPECT_TRUE(records.failed());
  EXPECT_EQ(records.offset(), offset);
}

TEST(RecordReader, SkipsEmptySections) {
  const Octets wire = MessageBuilder("x.").additional("x. 1 IN A 192.0.2.1").wire();
  auto records = MessageView::parse(wire)->records();
  EXPECT_EQ(records.next()->section, Section::Additional);
  EXPECT_FALSE(records.next());
}

}  // namespace
}  // namespace pacedns::dns
