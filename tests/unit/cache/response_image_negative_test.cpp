#include <cstdint>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pacedns/cache/response_image.hpp"

#include "support/cache_messages.hpp"

namespace pacedns::cache {
namespace {

using dns::Rcode;
using dns::RrClass;
using dns::RrType;
using test::image_of;
using test::LdnsMessage;
using test::MessageBuilder;
using test::Octets;
using test::Reply;
using testing::ElementsAre;

MessageBuilder response(Rcode rcode) {
  return MessageBuilder("www.example.").response(rcode);
}

std::string soa(std::uint32_t ttl, std::uint32_t minimum) {
  return "example. " + std::to_string(ttl) + " IN SOA ns.example. mail.example. 1 7200 3600 1209600 " +
         std::to_string(minimum);
}

Octets soa_record(std::uint32_t ttl, const Octets& rdata) {
  return test::record(test::name("example."), RrType::Soa, RrClass::In, ttl, rdata);
}

constexpr Rcode kNegative[] = {Rcode::NoError, Rcode::NxDomain};

TEST(NegativeImage, LivesForTheLesserOfSoaTtlAndMinimum) {
  for (const Rcode rcode : kNegative) {
    EXPECT_EQ(image_of(response(rcode).authority(soa(100, 200))).lifetime, 100U);
    EXPECT_EQ(image_of(response(rcode).authority(soa(200, 100))).lifetime, 100U);
    EXPECT_EQ(image_of(response(rcode).authority(soa(0, 100))).lifetime, 0U);
    EXPECT_EQ(image_of(response(rcode).authority(soa(100, 0))).lifetime, 0U);
  }
}

TEST(NegativeImage, LivesNoLongerThanItsMaximum) {
  for (const Rcode rcode : kNegative) {
    const auto message = response(rcode).authority(soa(7200, 7200));
    EXPECT_EQ(image_of(message).lifetime, 3600U);
    EXPECT_EQ(image_of(message, {.negative_max_ttl = seconds(10)}).lifetime, 10U);
    EXPECT_EQ(image_of(message, {.negative_max_ttl = seconds(0)}).lifetime, 0U);
    EXPECT_EQ(image_of(message, {.max_ttl = seconds(30)}).lifetime, 30U);
  }
}

TEST(NegativeImage, IsNotLengthenedByTheMinimumTtl) {
  EXPECT_EQ(image_of(response(Rcode::NxDomain).authority(soa(5, 5)), {.min_ttl = seconds(60)}).lifetime, 5U);
  EXPECT_EQ(image_of(response(Rcode::NxDomain).authority(soa(0, 5)), {.min_ttl = seconds(60)}).lifetime, 0U);
}

TEST(NegativeImage, WithoutSoaIsNotKept) {
  for (const Rcode rcode : kNegative) {
    EXPECT_EQ(image_of(response(rcode), {.min_ttl = seconds(60)}).lifetime, 0U);
    EXPECT_EQ(image_of(response(rcode).authority("example. 300 IN NS ns.example.")).lifetime, 0U);
    EXPECT_EQ(image_of(response(rcode).answer("www.example. 300 IN CNAME b.example.")).lifetime, 0U);
  }
}

TEST(NegativeImage, TakesTheSoaFromTheAuthoritySectionOnly) {
  EXPECT_EQ(image_of(response(Rcode::NxDomain).additional(soa(100, 100))).lifetime, 0U);
  EXPECT_EQ(image_of(response(Rcode::NxDomain).answer(soa(100, 100))).lifetime, 0U);
}

TEST(NegativeImage, FindsTheSoaAmongOthers) {
  const auto image = image_of(response(Rcode::NxDomain)
                                  .authority("a.example. 5 IN NSEC b.example. A")
                                  .authority(soa(100, 90))
                                  .authority("c.example. 5 IN NSEC d.example. A"));
  EXPECT_EQ(image.lifetime, 90U);
}

TEST(NegativeImage, OfTwoSoasTheLesserCounts) {
  EXPECT_EQ(image_of(response(Rcode::NxDomain).authority(soa(50, 50)).authority(soa(100, 90))).lifetime, 50U);
  EXPECT_EQ(image_of(response(Rcode::NxDomain).authority(soa(100, 90)).authority(soa(50, 50))).lifetime, 50U);
}

TEST(NegativeImage, BehindACnameLivesNoLongerThanTheCname) {
  for (const Rcode rcode : kNegative) {
    const auto with_cname = [&](std::string_view cname) {
      return response(rcode).answer(cname).authority(soa(90, 80));
    };
    EXPECT_EQ(image_of(with_cname("www.example. 300 IN CNAME b.example.")).lifetime, 80U);
    EXPECT_EQ(image_of(with_cname("www.example. 30 IN CNAME b.example.")).lifetime, 30U);
    EXPECT_EQ(image_of(with_cname("www.example. 0 IN CNAME b.example.")).lifetime, 0U);
  }
}

TEST(NegativeImage, ServesNoTtlAboveItsLifetime) {
  const auto image = image_of(
      response(Rcode::NxDomain).answer("www.example. 300 IN CNAME b.example.").authority(soa(900, 80)));
  EXPECT_THAT(LdnsMessage(image.wire).ttls(), ElementsAre(80, 80));
}

TEST(NegativeImage, KeepsTheMinimumFieldAsItIs) {
  const auto image = image_of(response(Rcode::NxDomain).authority(soa(900, 86400)));
  EXPECT_THAT(LdnsMessage(image.wire).authority(),
              ElementsAre("example. 900 IN SOA ns.example. mail.example. 1 7200 3600 1209600 86400"));
}

TEST(NegativeImage, TopBitsOfTtlAndMinimumCountAsZero) {
  Octets rdata(22);
  rdata[18] = 0x80;
  EXPECT_EQ(image_of(response(Rcode::NxDomain).authority(soa_record(100, rdata))).lifetime, 0U);
  rdata[18] = 0x7f;
  EXPECT_EQ(image_of(response(Rcode::NxDomain).authority(soa_record(0x80000064, rdata))).lifetime, 0U);
  EXPECT_EQ(image_of(response(Rcode::NxDomain).authority(soa_record(100, rdata))).lifetime, 100U);
}

TEST(NegativeImage, SoaTooShortForItsNumbersIsNone) {
  for (std::size_t size = 0; size < 22; ++size) {
    const auto image = image_of(response(Rcode::NxDomain).authority(soa_record(100, Octets(size, 1))));
    EXPECT_EQ(image.lifetime, 0U) << size;
  }
  const auto least = image_of(response(Rcode::NxDomain).authority(soa_record(100, Octets(22, 0))));
  EXPECT_EQ(least.lifetime, 0U);  // its MINIMUM is 0
  Octets one(22, 0);
  one.back() = 1;
  EXPECT_EQ(image_of(response(Rcode::NxDomain).authority(soa_record(100, one))).lifetime, 1U);
}

TEST(NegativeImage, IsNotMadeOfAnAnswerWithAnSoaBeside) {
  const auto image =
      image_of(response(Rcode::NoError).answer("www.example. 300 IN A 192.0.2.1").authority(soa(9, 9)));
  EXPECT_EQ(image.lifetime, 300U);
}

TEST(NegativeImage, IsMadeOfNxdomainWhateverTheAnswerHolds) {
  const auto image =
      image_of(response(Rcode::NxDomain).answer("www.example. 300 IN A 192.0.2.1").authority(soa(9, 9)));
  EXPECT_EQ(image.lifetime, 9U);
}

TEST(NegativeImage, OfQtypeAnyIsAnEmptyAnswer) {
  const auto image =
      image_of(MessageBuilder("www.example.", std::uint16_t{255}).response().authority(soa(9, 9)));
  EXPECT_EQ(image.lifetime, 9U);
}

TEST(IsNegative, ToldByRcodeAndData) {
  const auto negative = [](const MessageBuilder& message) {
    const bool told = is_negative(Reply(message).view());
    EXPECT_EQ(image_of(message).negative, told) << "an image knows it too";
    return told;
  };
  EXPECT_FALSE(negative(response(Rcode::NoError).answer("www.example. 300 IN A 192.0.2.1")));
  EXPECT_TRUE(negative(response(Rcode::NoError)));
  EXPECT_TRUE(negative(response(Rcode::NoError).answer("www.example. 300 IN CNAME b.")));
  EXPECT_TRUE(negative(response(Rcode::NoError).answer("www.example. 300 IN AAAA ::1")));
  EXPECT_TRUE(negative(response(Rcode::NxDomain)));
  EXPECT_TRUE(negative(response(Rcode::NxDomain).answer("www.example. 300 IN A 192.0.2.1")));
  EXPECT_TRUE(negative(response(Rcode::NoError).additional("www.example. 300 IN A 192.0.2.1")));
  EXPECT_FALSE(negative(MessageBuilder("a.", std::uint16_t{255}).response().answer("a. 300 IN A 192.0.2.1")));
  EXPECT_FALSE(negative(MessageBuilder("a.", RrType::Cname).response().answer("a. 300 IN CNAME b.")));
}

TEST(IsNegative, ForAFailureAlso) {
  for (const Rcode rcode : {Rcode::ServFail, Rcode::Refused, Rcode::FormErr})
    EXPECT_TRUE(image_of(response(rcode)).negative);
  const Reply asked(MessageBuilder("www.example."));
  EXPECT_TRUE(make_failure_image(asked.view().question().wire, Rcode::ServFail, dns::ExtendedError::None, {})
                  .negative);
}

}  // namespace
}  // namespace pacedns::cache
