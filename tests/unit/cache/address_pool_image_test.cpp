#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pacedns/cache/address_pool.hpp"
#include "pacedns/dns/edns.hpp"
#include "pacedns/dns/query.hpp"
#include "pacedns/dns/response_builder.hpp"
#include "pacedns/dns/wire.hpp"

#include "support/cache_messages.hpp"

// What a merged image looks like on the wire, and what clients with less room get of it.

namespace pacedns::cache {
namespace {

using dns::RrClass;
using dns::RrType;
using test::image_of;
using test::LdnsMessage;
using test::MessageBuilder;
using test::name;
using test::Octets;
using test::pointer;
using test::record;
using test::Reply;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

MessageBuilder response(std::string_view qname = "www.example.", RrType type = RrType::A) {
  return MessageBuilder(qname, type).response();
}

Octets address(const Octets& owner, std::uint8_t last) {
  return record(owner, RrType::A, RrClass::In, 300, {192, 0, 2, last});
}

ResponseImage merge(const MessageBuilder& winner, const std::vector<MessageBuilder>& others) {
  const Reply reply(winner);
  AddressPool pool = AddressPool::from_winner(reply.view()).value();
  for (const auto& other : others)
    EXPECT_EQ(pool.add(Reply(other).view()), MergeOutcome::Merged);
  return pool.merge_into(image_of(reply), {});
}

const MessageBuilder kOther = response().answer("www.example. 300 IN A 192.0.2.2");

/// The offsets name exactly the TTLs that ldns finds.
void expect_offsets_fit(const ResponseImage& image) {
  std::vector<std::uint32_t> ttls;
  for (const std::uint16_t offset : image.ttl_offsets)
    ttls.push_back(dns::load_u32(image.wire, offset));
  EXPECT_EQ(ttls, LdnsMessage(image.wire).ttls());
}

TEST(MergedImage, FollowsTheWinnersPointer) {
  const auto image = merge(response("WWW.Example.").answer(address(pointer(), 1)), {kOther});
  EXPECT_THAT(LdnsMessage(image.wire).answer(),
              ElementsAre("www.example. 300 IN A 192.0.2.1", "www.example. 300 IN A 192.0.2.2"));
  EXPECT_EQ(image.wire.size(), 12 + 17 + 2 * 16U);
}

TEST(MergedImage, PointsToAnOwnerWrittenInFull) {
  const auto image = merge(response().answer(address(name("wWw.EXAMPLE."), 1)), {kOther});
  EXPECT_THAT(LdnsMessage(image.wire).answer(),
              ElementsAre("www.example. 300 IN A 192.0.2.1", "www.example. 300 IN A 192.0.2.2"));
}

TEST(MergedImage, PointsToAnOwnerWrittenInPart) {
  const Octets partly = test::join({test::label(test::octets("www")), pointer(16)});
  const auto image = merge(response().answer(address(partly, 1)), {kOther});
  EXPECT_THAT(LdnsMessage(image.wire).answer(),
              ElementsAre("www.example. 300 IN A 192.0.2.1", "www.example. 300 IN A 192.0.2.2"));
}

TEST(MergedImage, PointsThroughAPointerToAPointer) {
  const std::size_t first_owner = response().wire().size();
  const auto image =
      merge(response().answer(address(pointer(), 1)).answer(address(pointer(first_owner), 3)), {kOther});
  EXPECT_THAT(LdnsMessage(image.wire).answer(),
              ElementsAre("www.example. 300 IN A 192.0.2.1", "www.example. 300 IN A 192.0.2.3",
                          "www.example. 300 IN A 192.0.2.2"));
}

TEST(MergedImage, PointsIntoTheRdataOfACname) {
  const std::size_t target = response().wire().size() + 2 + 10;
  const auto image =
      merge(response()
                .answer(record(pointer(), RrType::Cname, RrClass::In, 300, name("x.cdn.")))
                .answer(address(pointer(target), 1)),
            {response().answer("www.example. 300 IN CNAME x.cdn.").answer("X.Cdn. 300 IN A 192.0.2.2")});
  EXPECT_THAT(LdnsMessage(image.wire).answer(),
              ElementsAre("www.example. 300 IN CNAME x.cdn.", "x.cdn. 300 IN A 192.0.2.1",
                          "x.cdn. 300 IN A 192.0.2.2"));
}

TEST(MergedImage, ServesTheRoot) {
  const auto image =
      merge(response(".").answer(address({0}, 1)), {response(".").answer(address(pointer(), 2))});
  EXPECT_THAT(LdnsMessage(image.wire).answer(), ElementsAre(". 300 IN A 192.0.2.1", ". 300 IN A 192.0.2.2"));
}

TEST(MergedImage, ServesTheLongestName) {
  const Octets longest = test::name_of_size(dns::kMaxNameSize, 'X');
  const auto image = merge(MessageBuilder(longest).response().answer(address(longest, 1)),
                           {MessageBuilder(longest).response().answer(address(pointer(), 2))});
  EXPECT_THAT(LdnsMessage(image.wire).answer(), SizeIs(2));
}

TEST(MergedImage, HasNoAuthorityAndNoAdditional) {
  const auto image = merge(response()
                               .answer("www.example. 300 IN A 192.0.2.1")
                               .authority("example. 300 IN NS ns.example.")
                               .additional("ns.example. 300 IN A 192.0.2.99")
                               .opt(),
                           {kOther});
  const LdnsMessage message(image.wire);
  EXPECT_THAT(message.answer(),
              ElementsAre("www.example. 300 IN A 192.0.2.1", "www.example. 300 IN A 192.0.2.2"));
  EXPECT_THAT(message.authority(), IsEmpty());
  EXPECT_THAT(message.additional(), IsEmpty());
  EXPECT_FALSE(message.has_edns());
  EXPECT_EQ(Reply(image.wire).view().wire().size(), image.wire.size()) << "octets behind the last RR";
  expect_offsets_fit(image);
}

TEST(MergedImage, KeepsOtherRrsOfTheWinnersAnswer) {
  const auto image = merge(response()
                               .answer("www.example. 300 IN A 192.0.2.1")
                               .answer("www.example. 500 IN TXT x")
                               .answer("stray.example. 500 IN CNAME y."),
                           {kOther});
  EXPECT_THAT(LdnsMessage(image.wire).answer(),
              ElementsAre("www.example. 300 IN A 192.0.2.1", "www.example. 500 IN TXT \"x\"",
                          "stray.example. 500 IN CNAME y.", "www.example. 300 IN A 192.0.2.2"));
  expect_offsets_fit(image);
}

TEST(MergedImage, KeepsTheWinnersHeaderAndQuestion) {
  const auto image = merge(response("Www.EXAMPLE.").id(77).answer(address(pointer(), 1)), {kOther});
  const Reply reply(image.wire);
  EXPECT_EQ(reply.view().rcode(), dns::Rcode::NoError);
  EXPECT_TRUE(reply.view().header().has(dns::kQr));
  EXPECT_EQ(Octets(reply.view().question().name().begin(), reply.view().question().name().end()),
            name("www.example."));
}

TEST(MergedImage, WithoutAdditionsHoldsTheWinnersSet) {
  const auto image = merge(response().answer("www.example. 300 IN A 192.0.2.2"), {kOther});
  EXPECT_THAT(LdnsMessage(image.wire).answer(), ElementsAre("www.example. 300 IN A 192.0.2.2"));
}

TEST(MergedImage, OfAnOwnerBeyondThePointersReachIsNotMade) {
  const Octets large = record(pointer(), std::uint16_t{65280}, RrClass::In, 300, Octets(0x4000, 1));
  const auto full = response().answer(large).answer(address(name("www.example."), 1));
  EXPECT_FALSE(AddressPool::from_winner(Reply(full).view()).has_value());

  const auto pointing = response().answer(large).answer(address(pointer(), 1));
  EXPECT_THAT(LdnsMessage(merge(pointing, {kOther}).wire).answer(), SizeIs(3));
}

TEST(MergedImage, OwnerAtTheLastPlaceThatAPointerReaches) {
  const std::size_t before = response().wire().size() + 2 + 10;
  for (const std::size_t offset : {0x3ffeU, 0x3fffU, 0x4000U}) {
    const auto winner =
        response()
            .answer(record(pointer(), std::uint16_t{65280}, RrClass::In, 300, Octets(offset - before, 1)))
            .answer(address(name("www.example."), 1));
    if (offset >= 0x4000) {
      EXPECT_FALSE(AddressPool::from_winner(Reply(winner).view()).has_value());
    } else {
      EXPECT_EQ(LdnsMessage(merge(winner, {kOther}).wire).answer().back(), "www.example. 300 IN A 192.0.2.2");
    }
  }
}

TEST(MergedImage, NeverOutgrowsAMessage) {
  const std::size_t before = response().wire().size() + 2 + 10;
  for (const std::size_t room : {0U, 15U, 16U, 40U}) {
    const auto winner = response()
                            .answer(record(pointer(), std::uint16_t{65280}, RrClass::In, 300,
                                           Octets(65535 - 16 - room - before, 1)))
                            .answer(address(pointer(), 100));
    MessageBuilder other = response();
    for (std::uint8_t i = 0; i < 31; ++i)
      other.answer(address(pointer(), i));
    const auto image = merge(winner, {other});
    EXPECT_LE(image.wire.size(), 65535U);
    EXPECT_EQ(LdnsMessage(image.wire).answer().size(), 2 + room / 16);
    expect_offsets_fit(image);
  }
}

/// What a client gets whose query carried this EDNS size, 0 for none.
Octets served(const ResponseImage& image, std::uint16_t edns_size, RrType type = RrType::A) {
  MessageBuilder builder("WWW.example.", type);
  if (edns_size != 0) builder.opt(edns_size);
  const Octets message = builder.wire();
  dns::Query query;
  EXPECT_EQ(dns::read_query(message, query), dns::QueryVerdict::Accept);
  Octets out(query.udp_limit());
  out.resize(dns::write_reply(query, image.view(), 10, out.size(), out));
  return out;
}

MessageBuilder many(int first, int count, RrType type = RrType::A) {
  MessageBuilder builder = response("www.example.", type);
  for (int i = first; i < first + count; ++i) {
    Octets rdata(type == RrType::A ? 4 : 16, 9);
    rdata.back() = static_cast<std::uint8_t>(i);
    builder.answer(record(pointer(), type, RrClass::In, 300, rdata));
  }
  return builder;
}

TEST(MergedImage, TooBigForAClientIsServedAsTheWinnersOwn) {
  for (const RrType type : {RrType::A, RrType::Aaaa}) {
    const auto image =
        merge(many(0, 4, type).authority("example. 300 IN NS ns.example."), {many(4, 28, type)});
    const Octets full = served(image, 1232, type);
    EXPECT_THAT(LdnsMessage(full).answer(), SizeIs(32));
    EXPECT_TRUE(LdnsMessage(full).has_edns());

    const Octets small = served(image, 0, type);
    const Octets own = served(image_of(many(0, 4, type)), 0, type);
    EXPECT_EQ(small, own);
    EXPECT_FALSE(LdnsMessage(small).tc());
    EXPECT_THAT(LdnsMessage(small).answer(), SizeIs(4));
  }
}

TEST(MergedImage, IsTruncatedOnlyIfTheWinnersOwnDoesNotFit) {
  const auto image = merge(many(0, 20, RrType::Aaaa), {many(20, 12, RrType::Aaaa)});
  EXPECT_THAT(LdnsMessage(served(image, 1232, RrType::Aaaa)).answer(), SizeIs(32));
  EXPECT_THAT(LdnsMessage(served(image, 700, RrType::Aaaa)).answer(), SizeIs(20));
  const LdnsMessage truncated(served(image, 0, RrType::Aaaa));
  EXPECT_TRUE(truncated.tc());
  EXPECT_THAT(truncated.answer(), IsEmpty());
}

TEST(MergedImage, AgesInBothForms) {
  const auto image = merge(many(0, 4), {many(4, 28)});
  EXPECT_THAT(LdnsMessage(served(image, 1232)).ttls(), testing::AllOf(SizeIs(32), testing::Each(290)));
  EXPECT_THAT(LdnsMessage(served(image, 0)).ttls(), ElementsAre(290, 290, 290, 290));
}

}  // namespace
}  // namespace pacedns::cache
