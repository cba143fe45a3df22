#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <gtest/gtest.h>

#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/response_builder.hpp"

#include "support/message_builder.hpp"
#include "support/reply_reader.hpp"

// What becomes of replies that are near, at or above the client's limit.

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

constexpr std::uint16_t kText = 16;

MessageBuilder query() {
  return MessageBuilder("wWw.example.", kText).id(7).flags(kRd | kCd);
}

/// An RR of exactly `size` octets.
Octets record_of_size(std::size_t size, std::uint8_t octet = 1) {
  return record(pointer(), 65280, RrClass::In, 300, Octets(size - 12, octet));
}

/// An image of exactly `size` octets in two RRs.
Image image_of_size(std::size_t size, ExtendedError error = ExtendedError::None) {
  MessageBuilder message("www.example.", kText);
  message.response(Rcode::NoError).add_flags(kAd).answer(record_of_size(20));
  message.answer(record_of_size(size - message.wire().size()));
  EXPECT_EQ(message.wire().size(), size);
  return Image(message, error);
}

/// Into a block of exactly `limit` octets, so that a sanitizer sees one octet too many.
Reply reply(const Client& client, const Image& image, std::size_t limit, std::uint32_t age = 0) {
  Octets out(limit, 0x55);
  const std::size_t size = write_reply(client.query, image.view(), age, limit, out);
  EXPECT_LE(size, limit);
  out.resize(size);
  return Reply(out);
}

void expect_whole(const Reply& result) {
  EXPECT_FALSE(result.header().has(kTc));
  EXPECT_EQ(result.header().answer_count, 2);
}

void expect_truncated(const Reply& result, bool with_opt) {
  EXPECT_EQ(result.header().id, 7);
  EXPECT_EQ(result.header().flags, kQr | kTc | kRd | kRa | kCd);
  EXPECT_EQ(result.qname(), name("wWw.example.")) << "the question is kept";
  EXPECT_EQ(result.qtype(), kText);
  EXPECT_EQ(result.edns().has_value(), with_opt) << "and OPT";
  EXPECT_EQ(result.records().size(), with_opt ? 1U : 0U);
}

TEST(ReplyLimit, WithoutEdnsIs512Octets) {
  const Client client(query());
  const std::size_t limit = client.query.udp_limit();
  const Reply fits = reply(client, image_of_size(512), limit);
  expect_whole(fits);
  EXPECT_EQ(fits.size(), 512U);
  expect_truncated(reply(client, image_of_size(513), limit), false);
}

TEST(ReplyLimit, WithEdnsIsTheClientsSizeAndOptCounts) {
  for (const std::uint16_t offered : std::initializer_list<std::uint16_t>{512, 513, 800, 1231, 1232}) {
    const Client client(query().opt(offered));
    const Reply fits = reply(client, image_of_size(offered - kOptSize), client.query.udp_limit());
    expect_whole(fits);
    EXPECT_EQ(fits.size(), offered);
    expect_truncated(reply(client, image_of_size(offered - kOptSize + 1), client.query.udp_limit()), true);
  }
}

TEST(ReplyLimit, IsNever512OctetsOrLessWhateverTheClientSays) {
  const Client client(query().opt(100));
  expect_whole(reply(client, image_of_size(512 - kOptSize), client.query.udp_limit()));
}

TEST(ReplyLimit, IsNeverAbove1232WhateverTheClientSays) {
  for (const std::uint16_t offered : std::initializer_list<std::uint16_t>{1233, 4096, 65535}) {
    const Client client(query().opt(offered));
    const Reply fits = reply(client, image_of_size(1232 - kOptSize), client.query.udp_limit());
    expect_whole(fits);
    EXPECT_EQ(fits.size(), 1232U);
    expect_truncated(reply(client, image_of_size(1232 - kOptSize + 1), client.query.udp_limit()), true);
  }
}

// RFC 8914 section 3.
TEST(ReplyLimit, AnExtendedErrorGivesWay) {
  const auto error = ExtendedError::NetworkError;
  const Client client(query().opt(600));
  const Reply fits = reply(client, image_of_size(600 - kOptWithErrorSize, error), 600);
  expect_whole(fits);
  EXPECT_EQ(fits.size(), 600U);
  const Reply silent = reply(client, image_of_size(600 - kOptSize, error), 600);
  expect_whole(silent);
  EXPECT_EQ(silent.options(), Octets{});
  expect_whole(reply(client, image_of_size(600 - kOptWithErrorSize + 1, error), 600));
  const Reply truncated = reply(client, image_of_size(600 - kOptSize + 1, error), 600);
  expect_truncated(truncated, true);
  EXPECT_EQ(truncated.options(), test::option(15, {0, 23}));
  expect_whole(reply(Client(query()), image_of_size(600, error), 600));
}

TEST(ReplyLimit, OverTcpTheLargestMessageGoesOut) {
  const Reply plain = reply(Client(query()), image_of_size(65535), 65535);
  expect_whole(plain);
  EXPECT_EQ(plain.size(), 65535U);
  expect_whole(reply(Client(query().opt()), image_of_size(65535 - kOptSize), 65535));
  expect_truncated(reply(Client(query().opt()), image_of_size(65535 - kOptSize + 1), 65535), true);
}

TEST(ReplyLimit, TruncationKeepsTheRcodeAndNoAd) {
  const Client client(query().flags(kRd | kAd).opt(512, true));
  MessageBuilder message("www.example.", kText);
  message.response(Rcode::NxDomain).add_flags(kAd).authority(record_of_size(800));
  const Reply result = reply(client, Image(message), 512);
  EXPECT_TRUE(result.header().has(kTc));
  EXPECT_FALSE(result.header().has(kAd)) << "nothing is left that could be authentic";
  EXPECT_EQ(result.rcode(), Rcode::NxDomain);
  EXPECT_TRUE(result.edns()->dnssec_ok);
}

// RFC 2181 section 9.
TEST(ReplyLimit, AnAdditionalSectionThatDoesNotFitIsLeftOut) {
  MessageBuilder message("www.example.", kText);
  message.response().answer(record_of_size(200)).authority(record_of_size(100));
  const std::size_t needed = message.wire().size();
  message.additional(record_of_size(300));
  const Image image = Image(message).without_additional();
  const Reply whole = reply(Client(query()), image, message.wire().size());
  EXPECT_EQ(whole.header().additional_count, 1);
  const Reply shorter = reply(Client(query().opt(600, true)), image, 600, 100);
  EXPECT_FALSE(shorter.header().has(kTc));
  EXPECT_EQ(shorter.size(), needed + kOptSize);
  EXPECT_EQ(shorter.header().answer_count, 1);
  EXPECT_EQ(shorter.header().authority_count, 1);
  EXPECT_EQ(shorter.header().additional_count, 1) << "OPT";
  EXPECT_TRUE(shorter.edns()->dnssec_ok);
  EXPECT_EQ(reply(Client(query()), image, 512).header().additional_count, 0);
}

/// A merged pool: `short_size` octets with the winner's two RRs, and 400 with ten of others.
Image pool(std::size_t short_size) {
  MessageBuilder message("www.example.", kText);
  message.response().answer(record_of_size(20, 1));
  message.answer(record_of_size(short_size - message.wire().size(), 2));
  for (std::uint8_t i = 3; i < 13; ++i)
    message.answer(record_of_size(40, i));
  return Image(message).winner(2);
}

TEST(PoolReply, IsServedWholeWhereItFits) {
  const Image image = pool(500);
  const Reply result = reply(Client(query().opt(1232)), image, 1232, 100);
  EXPECT_EQ(result.header().answer_count, 12);
  EXPECT_EQ(result.size(), 900 + kOptSize);
  for (const auto& rr : result.records())
    EXPECT_EQ(rr.ttl, rr.type == 65280 ? 200U : 0U);
  EXPECT_EQ(reply(Client(query()), image, 900).header().answer_count, 12);
}

TEST(PoolReply, FallsBackToTheWinnersOwnAnswer) {
  const Reply result = reply(Client(query().opt(512, true)), pool(501), 512, 100);
  EXPECT_FALSE(result.header().has(kTc));
  EXPECT_EQ(result.header().answer_count, 2);
  EXPECT_EQ(result.size(), 512U) << "it fits exactly";
  const auto records = result.records();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].rdata, Octets(8, 1));
  EXPECT_EQ(records[0].ttl, 200U);
  EXPECT_EQ(records[1].rdata.front(), 2);
  EXPECT_EQ(records[1].ttl, 200U) << "a prefix is aged too";
  EXPECT_TRUE(result.edns()->dnssec_ok);

  EXPECT_EQ(reply(Client(query()), pool(512), 512).size(), 512U);
  EXPECT_EQ(reply(Client(query()), pool(512), 911).header().answer_count, 2) << "one octet short of the pool";
  EXPECT_EQ(reply(Client(query()), pool(512), 912).header().answer_count, 12);
}

TEST(PoolReply, IsTruncatedWhereNotEvenTheWinnerFits) {
  expect_truncated(reply(Client(query().opt(512)), pool(502), 512), true);
  expect_truncated(reply(Client(query()), pool(513), 512), false);
}

// Every limit against every kind of client: never too long, always well-formed (Reply sees to it), and
// complete, the winner's, or truncated.
TEST(PoolReply, HoldsAtEveryLimit) {
  const Image image = pool(600);
  const Client plain(query());
  const Client edns(query().opt(1232, true));
  for (std::size_t limit = 512; limit <= 1232; ++limit) {
    for (const Client* client : {&plain, &edns}) {
      const std::size_t room = limit - (client == &edns ? kOptSize : 0);
      const Reply result = reply(*client, image, limit, 1);
      EXPECT_EQ(result.header().has(kTc), room < 600) << limit;
      EXPECT_EQ(result.header().answer_count, room >= 1000 ? 12 : room >= 600 ? 2 : 0) << limit;
    }
  }
}

}  // namespace
}  // namespace pacedns::dns
