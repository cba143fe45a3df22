#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "pacedns/dns/presentation.hpp"

#include "support/message_builder.hpp"

// Whole messages as text: what upstreams have sent, and what the cache holds.

namespace pacedns::dns {
namespace {

using test::MessageBuilder;
using test::Octets;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> texts(const MessageBuilder& message) {
  const auto records = records_to_text(message.wire());
  EXPECT_TRUE(records.has_value());
  return records.value_or(std::vector<std::string>{});
}

TEST(RecordsToText, WritesTheRecordsOfAllSectionsInTheirOrder) {
  EXPECT_THAT(texts(MessageBuilder("www.example.")
                        .response()
                        .answer("www.example. 300 IN CNAME a.example.")
                        .answer("a.example. 60 IN A 192.0.2.1")
                        .authority("example. 3600 IN NS ns.example.")
                        .additional("ns.example. 3600 IN AAAA 2001:db8::1")),
              ElementsAre("www.example. 300 IN CNAME a.example.", "a.example. 60 IN A 192.0.2.1",
                          "example. 3600 IN NS ns.example.", "ns.example. 3600 IN AAAA 2001:db8::1"));
}

TEST(RecordsToText, LeavesOutWhatIsHopByHop) {
  EXPECT_THAT(
      texts(MessageBuilder("www.example.").response().answer("www.example. 300 IN A 192.0.2.1").opt()),
      ElementsAre("www.example. 300 IN A 192.0.2.1"));
  EXPECT_THAT(texts(MessageBuilder("www.example.").response().opt()), IsEmpty());
}

TEST(RecordsToText, AMessageWithoutRecordsHasNoTexts) {
  EXPECT_THAT(texts(MessageBuilder("www.example.").response(Rcode::NxDomain)), IsEmpty());
  EXPECT_THAT(texts(MessageBuilder()), IsEmpty());
}

TEST(RecordsToText, FollowsCompression) {
  EXPECT_THAT(texts(MessageBuilder("www.example.")
                        .response()
                        .answer(test::record(test::pointer(), RrType::A, RrClass::In, 60, {192, 0, 2, 1}))),
              ElementsAre("www.example. 60 IN A 192.0.2.1"));
}

TEST(RecordsToText, WritesWhatIsUnknownAsNumbers) {
  EXPECT_THAT(texts(MessageBuilder("x.").response().answer(
                  test::record(test::name("x."), std::uint16_t{65280}, RrClass::In, 1, {0xab, 0xcd}))),
              ElementsAre("x. 1 IN TYPE65280 \\# 2 abcd"));
  EXPECT_THAT(texts(MessageBuilder("x.").response().answer(
                  test::record(test::name("x."), RrType::A, std::uint16_t{250}, 1, {192, 0, 2, 1}))),
              ElementsAre("x. 1 CLASS250 A 192.0.2.1"));
}

// A dump has one record a line, and terminals take escape sequences for what they are.
TEST(RecordsToText, NoOctetOfARecordEndsItsLineOrLooksLikeAnotherField) {
  for (unsigned octet = 0; octet < 256; ++octet) {
    const auto value = static_cast<std::uint8_t>(octet);
    const Octets owner{2, value, 'x', 0};
    const auto records = texts(MessageBuilder("x.").response().answer(
        test::record(owner, std::uint16_t{16}, RrClass::In, 1, Octets{3, 'a', value, 'b'})));
    ASSERT_EQ(records.size(), 1U);
    for (const char sign : records[0])
      EXPECT_TRUE(sign >= ' ' && sign < '\x7f') << octet << ": " << records[0];
    EXPECT_EQ(records[0].find(" 1 IN TXT "), records[0].find(' ')) << "the owner is one field";
  }
}

TEST(RecordsToText, SaysWhatIsMalformed) {
  EXPECT_EQ(records_to_text({}), std::nullopt);
  EXPECT_EQ(records_to_text(Octets(11, 0)), std::nullopt);
  const auto good = MessageBuilder("www.example.").response().answer("www.example. 300 IN A 192.0.2.1");
  EXPECT_EQ(records_to_text(MessageBuilder(good).answer_count(2).wire()), std::nullopt);
  EXPECT_EQ(records_to_text(MessageBuilder("x.").response().answer(Octets{0xc0, 12}).wire()), std::nullopt);
  EXPECT_EQ(
      records_to_text(MessageBuilder("x.")
                          .response()
                          .answer(test::record(Octets{0xc0, 19}, RrType::A, RrClass::In, 1, {1, 2, 3, 4}))
                          .wire()),
      std::nullopt)
      << "a pointer to itself";
}

TEST(RecordsToText, SurvivesEveryCut) {
  const auto message = MessageBuilder("www.example.")
                           .response()
                           .answer("www.example. 300 IN CNAME a.example.")
                           .answer("a.example. 60 IN TXT \"text\"")
                           .authority("example. 300 IN SOA ns.example. root.example. 1 2 3 4 5")
                           .opt();
  const std::size_t whole = message.wire().size();
  for (std::size_t size = 0; size < whole; ++size)
    EXPECT_EQ(records_to_text(message.wire_cut_at(size)), std::nullopt) << size;
}

TEST(RecordsToText, SurvivesWhatHostileUpstreamsSend) {
  std::mt19937 random(3);  // NOLINT: the same in each run
  const Octets good = MessageBuilder("www.example.")
                          .response()
                          .answer("www.example. 300 IN CNAME a.example.")
                          .answer("a.example. 60 IN MX 10 mx.example.")
                          .authority("example. 300 IN SOA ns.example. root.example. 1 2 3 4 5")
                          .additional("a.example. 60 IN HTTPS 1 . alpn=h2")
                          .opt()
                          .wire();
  std::size_t read = 0;
  for (int i = 0; i < 20'000; ++i) {
    Octets message = good;
    for (unsigned changes = 1 + random() % 4; changes > 0; --changes)
      message[random() % message.size()] = static_cast<std::uint8_t>(random());
    const auto records = records_to_text(message);
    if (!records) continue;
    ++read;
    for (const std::string& record : *records)
      EXPECT_EQ(std::ranges::count(record, '\n'), 0) << record;
  }
  EXPECT_GT(read, 100U) << "not all of them were malformed";
}

}  // namespace
}  // namespace pacedns::dns
