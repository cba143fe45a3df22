#include "pacedns/cache/response_image.hpp"

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pacedns/dns/header.hpp"
#include "pacedns/dns/wire.hpp"

#include "support/cache_messages.hpp"

namespace pacedns::cache {
namespace {

using dns::RrType;
using std::chrono::hours;
using std::chrono::minutes;
using test::image_of;
using test::LdnsMessage;
using test::MessageBuilder;
using test::Octets;
using test::record;
using test::Reply;
using testing::ElementsAre;
using testing::IsEmpty;

MessageBuilder response(std::string_view qname = "www.example.", test::Code type = RrType::A) {
  return MessageBuilder(qname, type).response();
}

std::vector<std::uint32_t> ttls_at_offsets(const ResponseImage& image) {
  std::vector<std::uint32_t> ttls;
  for (const std::uint16_t offset : image.ttl_offsets)
    ttls.push_back(dns::load_u32(image.wire, offset));
  return ttls;
}

TEST(ResponseImage, ANameThatIsTheQuestionsTakesItsLetterCase) {
  const auto image = image_of(response("wWw.eXample.")
                                  .answer("wWw.eXample. 300 IN A 192.0.2.1")
                                  .answer("wWw.eXample. 300 IN A 192.0.2.2")
                                  .additional("X.wWw.eXample. 60 IN A 192.0.2.9"));
  EXPECT_EQ(image.wire, response()
                            .answer("www.example. 300 IN A 192.0.2.1")
                            .answer("www.example. 300 IN A 192.0.2.2")
                            .additional("X.wWw.eXample. 60 IN A 192.0.2.9")
                            .wire());
}

TEST(ResponseImage, OptAtTheEndIsStripped) {
  const auto image = image_of(
      response().answer("www.example. 300 IN A 192.0.2.1").additional("ns.example. 60 IN A 192.0.2.9").opt());
  const Octets without =
      response().answer("www.example. 300 IN A 192.0.2.1").additional("ns.example. 60 IN A 192.0.2.9").wire();
  EXPECT_EQ(image.wire, without);
}

TEST(ResponseImage, OptWithOptionsIsStripped) {
  const auto image = image_of(response()
                                  .answer("www.example. 300 IN A 192.0.2.1")
                                  .opt({.dnssec_ok = true, .options = test::option(10, Octets(40, 0x55))}));
  EXPECT_EQ(image.wire, response().answer("www.example. 300 IN A 192.0.2.1").wire());
}

TEST(ResponseImage, WhatFollowsOptIsDropped) {
  const auto image = image_of(response()
                                  .answer("www.example. 300 IN A 192.0.2.1")
                                  .authority("example. 300 IN NS ns.example.")
                                  .additional("ns.example. 60 IN A 192.0.2.9")
                                  .opt()
                                  .additional("ns.example. 60 IN A 192.0.2.10")
                                  .additional("ns.example. 60 IN A 192.0.2.11"));
  const Octets kept = response()
                          .answer("www.example. 300 IN A 192.0.2.1")
                          .authority("example. 300 IN NS ns.example.")
                          .additional("ns.example. 60 IN A 192.0.2.9")
                          .wire();
  EXPECT_EQ(image.wire, kept);
  EXPECT_THAT(LdnsMessage(image.wire).additional(), ElementsAre("ns.example. 60 IN A 192.0.2.9"));
  EXPECT_EQ(image.ttl_offsets.size(), 3U);
}

TEST(ResponseImage, OptBeforeAllOthersLeavesNoAdditional) {
  const auto image =
      image_of(response().answer("www.example. 300 IN A 192.0.2.1").opt().additional("a. 1 IN A 192.0.2.2"));
  EXPECT_EQ(image.wire, response().answer("www.example. 300 IN A 192.0.2.1").wire());
}

TEST(ResponseImage, OctetsBehindTheLastRrAreDropped) {
  const auto message = response().answer("www.example. 300 IN A 192.0.2.1");
  EXPECT_EQ(image_of(MessageBuilder(message).trailing(Octets(33, 0xaa))).wire, message.wire());
  EXPECT_EQ(image_of(MessageBuilder(message).opt().trailing(Octets(33, 0xaa))).wire, message.wire());
}

TEST(ResponseImage, LivesAsLongAsTheLeastTtlOfTheAnswer) {
  const auto image = image_of(response()
                                  .answer("www.example. 300 IN CNAME b.example.")
                                  .answer("b.example. 45 IN A 192.0.2.1")
                                  .answer("b.example. 46 IN A 192.0.2.2")
                                  .authority("example. 7 IN NS ns.example.")
                                  .additional("ns.example. 5 IN A 192.0.2.9"));
  EXPECT_EQ(image.lifetime, 45U);
  EXPECT_THAT(LdnsMessage(image.wire).ttls(), ElementsAre(300, 45, 45, 7, 5));
}

TEST(ResponseImage, AShorterCnameShortensTheLife) {
  const auto image = image_of(
      response().answer("www.example. 10 IN CNAME b.example.").answer("b.example. 45 IN A 192.0.2.1"));
  EXPECT_EQ(image.lifetime, 10U);
}

TEST(ResponseImage, TtlWithTheTopBitSetIsZero) {
  for (const std::uint32_t ttl : {0x80000000U, 0x80000001U, 0xffffffffU}) {
    const auto image = image_of(
        response()
            .answer(record(test::name("www.example."), RrType::A, dns::RrClass::In, ttl, {192, 0, 2, 1}))
            .answer("www.example. 300 IN A 192.0.2.2"));
    EXPECT_EQ(image.lifetime, 0U);
    EXPECT_THAT(LdnsMessage(image.wire).ttls(), ElementsAre(0, 0));
  }
  const auto largest = image_of(response().answer(
      record(test::name("www.example."), RrType::A, dns::RrClass::In, 0x7fffffff, {192, 0, 2, 1})));
  EXPECT_EQ(largest.lifetime, 86400U);
}

TEST(ResponseImage, TtlsAreClamped) {
  const TtlLimits limits{.min_ttl = seconds(60), .max_ttl = seconds(600)};
  const auto image = image_of(response()
                                  .answer("www.example. 601 IN CNAME b.example.")
                                  .answer("b.example. 59 IN A 192.0.2.1")
                                  .answer("b.example. 60 IN A 192.0.2.2")
                                  .answer("b.example. 600 IN A 192.0.2.3")
                                  .authority("example. 172800 IN NS ns.example.")
                                  .additional("ns.example. 0 IN A 192.0.2.9"),
                              limits);
  EXPECT_THAT(LdnsMessage(image.wire).ttls(), ElementsAre(600, 60, 60, 60, 600, 60));
  EXPECT_EQ(image.lifetime, 60U);
  EXPECT_EQ(image_of(response().answer("www.example. 601 IN A 192.0.2.1"), limits).lifetime, 600U);
}

TEST(ResponseImage, TtlZeroIsNotKeptUnlessTheMinimumRaisesIt) {
  const auto message =
      response().answer("www.example. 0 IN A 192.0.2.1").answer("www.example. 9 IN A 192.0.2.2");
  EXPECT_EQ(image_of(message).lifetime, 0U);
  EXPECT_EQ(image_of(message, {.min_ttl = seconds(1)}).lifetime, 1U);
  EXPECT_THAT(LdnsMessage(image_of(message, {.min_ttl = seconds(1)}).wire).ttls(), ElementsAre(1, 1));
}

// RFC 2181 section 5.2.
TEST(ResponseImage, AnRrsetHasOneTtlTheLeast) {
  const auto image = image_of(
      response("www.example.", std::uint16_t{255})
          .answer("www.example. 300 IN A 192.0.2.1")
          .answer("wWw.Example. 200 IN A 192.0.2.2")
          .answer("www.example. 100 IN AAAA 2001:db8::1")
          .answer("www.example. 250 IN A 192.0.2.3")
          .answer("b.example. 50 IN A 192.0.2.4")
          .answer(record(test::name("b.example."), RrType::A, dns::RrClass::Ch, 60, {192, 0, 2, 5})));
  EXPECT_THAT(LdnsMessage(image.wire).ttls(), ElementsAre(200, 200, 100, 200, 50, 60));
}

// RFC 4034 section 3.
TEST(ResponseImage, TheTtlOfASignatureIsThatOfTheRrsetThatItCovers) {
  const auto signature = [](std::uint32_t ttl, std::uint8_t covered) {
    return record(test::name("www.example."), RrType::Rrsig, dns::RrClass::In, ttl, {0, covered, 8, 2});
  };
  const auto image = image_of(response("www.example.", RrType::Rrsig)
                                  .answer(signature(60, 1))
                                  .answer(signature(3600, 15))
                                  .answer(signature(50, 1))
                                  .answer("www.example. 40 IN A 192.0.2.1"));
  EXPECT_THAT(ttls_at_offsets(image), ElementsAre(40, 3600, 40, 40));
}

TEST(ResponseImage, InTheOtherSectionsTooAnRrsetHasOneTtl) {
  const auto image = image_of(response()
                                  .answer("www.example. 300 IN A 192.0.2.1")
                                  .authority("example. 200 IN NS a.example.")
                                  .authority("example. 100 IN NS b.example.")
                                  .additional("example. 50 IN NS a.example."));
  EXPECT_THAT(ttls_at_offsets(image), ElementsAre(300, 100, 100, 50));
}

TEST(ResponseImage, OfManyRrsAllHaveTheLeastTtl) {
  MessageBuilder message = response();
  for (std::uint32_t i = 0; i < 300; ++i)
    message.answer(record(test::name("www.example."), RrType::A, dns::RrClass::In, 1000 - i,
                          {192, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)}));
  const auto image = image_of(message);
  EXPECT_EQ(image.lifetime, 701U);
  EXPECT_EQ(ttls_at_offsets(image), std::vector<std::uint32_t>(300, 701));
}

TEST(ResponseImage, IsShorterWithoutItsAdditionalSection) {
  const auto whole =
      response().answer("www.example. 300 IN A 192.0.2.1").authority("example. 300 IN NS ns.example.");
  EXPECT_EQ(image_of(whole).short_size, 0);
  MessageBuilder longer = whole;
  const auto image = image_of(longer.additional("ns.example. 60 IN A 192.0.2.9").opt());
  EXPECT_EQ(image.short_size, whole.wire().size());
  EXPECT_EQ(image.short_answers, 1);
}

TEST(ResponseImage, SaysWhatTheUpstreamSaid) {
  const Octets error{0, 15, 0, 2, 0, 3};
  EXPECT_EQ(image_of(response().answer("www.example. 300 IN A 192.0.2.1").opt({.options = error})).error,
            dns::ExtendedError{3});
  EXPECT_EQ(image_of(response().answer("www.example. 300 IN A 192.0.2.1").opt()).error,
            dns::ExtendedError::None);
}

TEST(ResponseImage, AnyIsAnsweredByAnyType) {
  const auto image = image_of(response("www.example.", std::uint16_t{255})
                                  .answer("www.example. 30 IN TXT \"x\"")
                                  .answer("www.example. 20 IN HINFO \"RFC8482\" \"\""));
  EXPECT_EQ(image.lifetime, 20U);
}

TEST(ResponseImage, OtherTypesAreKeptLikeAddresses) {
  EXPECT_EQ(
      image_of(response("example.", std::uint16_t{15}).answer("example. 77 IN MX 10 m.example.")).lifetime,
      77U);
  EXPECT_EQ(image_of(response("example.", RrType::Soa).answer("example. 77 IN SOA a. b. 1 2 3 4 5")).lifetime,
            77U);
  EXPECT_EQ(image_of(response("a.example.", RrType::Cname).answer("a.example. 77 IN CNAME b.")).lifetime,
            77U);
}

TEST(ResponseImage, TheQuestionIsTheKeys) {
  const auto image =
      image_of(response("WwW.EXAMPLE.")
                   .answer(record(test::pointer(), RrType::A, dns::RrClass::In, 300, {192, 0, 2, 1})));
  EXPECT_THAT(LdnsMessage(image.wire).question(), ElementsAre(testing::StartsWith("www.example.")));
  EXPECT_THAT(LdnsMessage(image.wire).answer(), ElementsAre("www.example. 300 IN A 192.0.2.1"));
}

TEST(ResponseImage, UnknownTypesAndClassesPassBitExact) {
  Octets octets(256);
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets[i] = static_cast<std::uint8_t>(i);
  const Octets owner = test::join({test::label({0, '.', 0xff, 0xc0, '\\'}), test::pointer()});
  const Octets message = MessageBuilder("www.example.", std::uint16_t{65280}, std::uint16_t{4242})
                             .response()
                             .answer(record(owner, std::uint16_t{65280}, std::uint16_t{4242}, 300, octets))
                             .answer(record(owner, std::uint16_t{65281}, std::uint16_t{255}, 300, {}))
                             .authority(record(owner, std::uint16_t{64}, std::uint16_t{65535}, 300, octets))
                             .additional(record(owner, std::uint16_t{250}, std::uint16_t{254}, 300, octets))
                             .wire();
  const auto image = image_of(Reply(message));
  EXPECT_EQ(image.wire, message);
  EXPECT_EQ(image.lifetime, 300U);
}

TEST(ResponseImage, HasNoShorterFormOfItsOwn) {
  const auto image = image_of(response().answer("www.example. 300 IN A 192.0.2.1"));
  EXPECT_EQ(image.short_size, 0U);
  EXPECT_EQ(image.error, dns::ExtendedError::None);
}

/// A message of random RRs, some of them with compressed owners, none with names in the RDATA.
MessageBuilder random_response(std::mt19937& random) {
  MessageBuilder builder = response("www.example.", std::uint16_t{16});
  const auto below = [&random](unsigned bound) { return static_cast<std::uint32_t>(random() % bound); };
  const auto add = [&](auto section) {
    for (std::uint32_t i = below(6); i > 0; --i) {
      const Octets owners[] = {test::pointer(),
                               {0},
                               test::name("Other.Example."),
                               test::join({test::label({'x', 0, 'y'}), test::pointer(16)})};
      const auto type = static_cast<std::uint16_t>(65280 + below(100));
      (builder.*
       section)(record(owners[below(4)], type, dns::RrClass::In, below(80000), Octets(below(50), 7)));
    }
  };
  using Add = MessageBuilder& (MessageBuilder::*)(const Octets&);
  add(static_cast<Add>(&MessageBuilder::answer));
  add(static_cast<Add>(&MessageBuilder::authority));
  add(static_cast<Add>(&MessageBuilder::additional));
  return builder;
}

TEST(ResponseImage, OffsetsNameEachTtlAndNothingElse) {
  std::mt19937 random(1);  // NOLINT: the same in each run
  for (int round = 0; round < 500; ++round) {
    auto image = image_of(random_response(random).opt());
    EXPECT_THAT(ttls_at_offsets(image), testing::ElementsAreArray(LdnsMessage(image.wire).ttls()));
    EXPECT_TRUE(std::ranges::is_sorted(image.ttl_offsets));

    const Octets before = image.wire;
    std::vector<std::uint32_t> marks;
    for (const std::uint16_t offset : image.ttl_offsets) {
      marks.push_back(static_cast<std::uint32_t>(1000 + marks.size()));
      dns::store_u32(image.wire, offset, marks.back());
    }
    EXPECT_EQ(LdnsMessage(image.wire).ttls(), marks);
    EXPECT_FALSE(LdnsMessage(image.wire).has_edns());
  }
}

TEST(ResponseImage, OfTheLargestMessageHoldsAllOffsets) {
  auto builder = response();
  std::size_t size = builder.wire().size();
  std::size_t count = 0;
  const Octets rr = record(test::pointer(), RrType::A, dns::RrClass::In, 300, {192, 0, 2, 1});
  for (; size + rr.size() <= 65535; size += rr.size(), ++count)
    builder.answer(rr);
  const auto image = image_of(builder);
  EXPECT_EQ(image.ttl_offsets.size(), count);
  EXPECT_EQ(image.ttl_offsets.back(), size - 10);
}

TEST(FailureImage, SaysRcodeAndNothingElse) {
  const auto key = test::key_for("www.example.", RrType::Aaaa);
  for (const auto rcode :
       {dns::Rcode::ServFail, dns::Rcode::Refused, dns::Rcode::NotImp, dns::Rcode::FormErr}) {
    const auto image = make_failure_image(key.question(), rcode, dns::ExtendedError::NetworkError, {});
    const Reply reply(image.wire);
    EXPECT_EQ(reply.view().rcode(), rcode);
    EXPECT_TRUE(reply.view().header().has(dns::kQr));
    EXPECT_EQ(image.wire, test::join({Octets(image.wire.begin(), image.wire.begin() + 12),
                                      Octets(key.question().begin(), key.question().end())}));
    EXPECT_THAT(image.ttl_offsets, IsEmpty());
    EXPECT_EQ(image.error, dns::ExtendedError::NetworkError);
    EXPECT_EQ(image.view().error, dns::ExtendedError::NetworkError);
  }
}

TEST(FailureImage, LivesForTheFailureTtl) {
  const auto key = test::key_for("www.example.");
  const auto lifetime = [&](const TtlLimits& limits) {
    return make_failure_image(key.question(), dns::Rcode::ServFail, dns::ExtendedError::None, limits)
        .lifetime;
  };
  EXPECT_EQ(lifetime({}), 5U);
  EXPECT_EQ(lifetime({.failure_ttl = seconds(1)}), 1U);
  EXPECT_EQ(lifetime({.min_ttl = hours(1), .max_ttl = hours(2), .failure_ttl = minutes(5)}), 300U);
}

TEST(FailureImage, AnRcodeThatNeedsOptIsNoSuccess) {
  // The image has four bits for the RCODE: BADVERS must not become NOERROR.
  const auto key = test::key_for("www.example.");
  for (const auto rcode :
       {dns::Rcode::BadVers, static_cast<dns::Rcode>(0x0ff0), static_cast<dns::Rcode>(19)}) {
    const auto image = make_failure_image(key.question(), rcode, dns::ExtendedError::None, {});
    EXPECT_EQ(Reply(image.wire).view().rcode(), dns::Rcode::ServFail);
  }
}

}  // namespace
}  // namespace pacedns::cache
