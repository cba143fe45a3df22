#include "pacedns/cache/address_pool.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pacedns/dns/header.hpp"

#include "support/cache_messages.hpp"

namespace pacedns::cache {
namespace {

using dns::Rcode;
using dns::RrType;
using test::image_of;
using test::LdnsMessage;
using test::MessageBuilder;
using test::Reply;
using testing::ElementsAre;
using testing::SizeIs;

/// A reply for www.example. with these answers.
MessageBuilder answers(std::initializer_list<const char*> texts, RrType type = RrType::A) {
  MessageBuilder builder = MessageBuilder("www.example.", type).response();
  for (const char* text : texts)
    builder.answer(std::string_view(text));
  return builder;
}

bool can_be_merged_with(const MessageBuilder& winner) {
  return AddressPool::from_winner(Reply(winner).view()).has_value();
}

/// A flight: the winner, then what the others say.
class Flight {
 public:
  explicit Flight(const MessageBuilder& winner)
      : winner_(winner), pool_(AddressPool::from_winner(winner_.view()).value()) {}

  MergeOutcome add(const MessageBuilder& reply) { return pool_.add(Reply(reply).view()); }
  [[nodiscard]] std::size_t additions() const { return pool_.additions(); }
  [[nodiscard]] ResponseImage merged(const TtlLimits& limits = {}) const {
    return pool_.merge_into(image_of(winner_, limits), limits);
  }
  [[nodiscard]] std::vector<std::string> answer() const { return LdnsMessage(merged().wire).answer(); }

 private:
  Reply winner_;
  AddressPool pool_;
};

TEST(AddressPool, HoldsTheUnionWinnerFirstEachOnce) {
  Flight flight(answers({"www.example. 300 IN A 192.0.2.9", "www.example. 300 IN A 192.0.2.1"}));
  EXPECT_EQ(flight.add(answers({"www.example. 300 IN A 192.0.2.5", "www.example. 300 IN A 192.0.2.9"})),
            MergeOutcome::Merged);
  EXPECT_EQ(flight.add(answers({"www.example. 300 IN A 192.0.2.3", "www.example. 300 IN A 192.0.2.5",
                                "www.example. 300 IN A 192.0.2.3"})),
            MergeOutcome::Merged);
  EXPECT_EQ(flight.additions(), 2U);
  EXPECT_THAT(flight.answer(),
              ElementsAre("www.example. 300 IN A 192.0.2.9", "www.example. 300 IN A 192.0.2.1",
                          "www.example. 300 IN A 192.0.2.5", "www.example. 300 IN A 192.0.2.3"));
}

TEST(AddressPool, MergesAaaaAsWell) {
  Flight flight(answers({"www.example. 300 IN AAAA 2001:db8::1"}, RrType::Aaaa));
  flight.add(answers({"www.example. 200 IN AAAA 2001:db8::2", "www.example. 200 IN AAAA 2001:db8::1"},
                     RrType::Aaaa));
  EXPECT_THAT(flight.answer(),
              ElementsAre("www.example. 200 IN AAAA 2001:db8::1", "www.example. 200 IN AAAA 2001:db8::2"));
}

TEST(AddressPool, AaaaThatDifferInTheLastOctetOnlyAreTwo) {
  Flight flight(answers({"www.example. 300 IN AAAA 1:2:3:4:5:6:7:8"}, RrType::Aaaa));
  flight.add(answers({"www.example. 300 IN AAAA 1:2:3:4:5:6:7:9"}, RrType::Aaaa));
  EXPECT_EQ(flight.additions(), 1U);
}

TEST(AddressPool, LivesForTheLeastTtlOfAll) {
  Flight flight(answers({"www.example. 300 IN A 192.0.2.1", "www.example. 200 IN A 192.0.2.2"}));
  flight.add(answers({"www.example. 120 IN A 192.0.2.3"}));
  flight.add(answers({"www.example. 400 IN A 192.0.2.4", "www.example. 150 IN A 192.0.2.5"}));
  EXPECT_EQ(flight.merged().lifetime, 120U);
  EXPECT_THAT(LdnsMessage(flight.merged().wire).ttls(), testing::AllOf(SizeIs(5), testing::Each(120)));
}

TEST(AddressPool, LivesNoLongerThanTheWinnersChain) {
  Flight flight(answers({"www.example. 20 IN CNAME b.example.", "b.example. 300 IN A 192.0.2.1"}));
  flight.add(answers({"www.example. 300 IN CNAME b.example.", "b.example. 200 IN A 192.0.2.2"}));
  EXPECT_EQ(flight.merged().lifetime, 20U);
  EXPECT_THAT(LdnsMessage(flight.merged().wire).ttls(), ElementsAre(20, 200, 200));
}

TEST(AddressPool, TtlsAreClampedAndTheTopBitCountsAsZero) {
  const TtlLimits limits{.min_ttl = seconds(30), .max_ttl = seconds(100)};
  Flight flight(answers({"www.example. 300 IN A 192.0.2.1"}));
  flight.add(answers({"www.example. 200 IN A 192.0.2.2"}));
  EXPECT_THAT(LdnsMessage(flight.merged(limits).wire).ttls(), ElementsAre(100, 100));
  EXPECT_EQ(flight.merged(limits).lifetime, 100U);

  flight.add(answers({}).answer(
      test::record(test::pointer(), RrType::A, dns::RrClass::In, 0xffffffff, {192, 0, 2, 3})));
  EXPECT_THAT(LdnsMessage(flight.merged().wire).ttls(), ElementsAre(0, 0, 0));
  EXPECT_EQ(flight.merged().lifetime, 0U);
  EXPECT_THAT(LdnsMessage(flight.merged(limits).wire).ttls(), ElementsAre(30, 30, 30));
  EXPECT_EQ(flight.merged(limits).lifetime, 30U);
}

TEST(AddressPool, HoldsAtMostThirtyTwo) {
  Flight flight(answers({"www.example. 300 IN A 192.0.2.255"}));
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(flight.add(answers({}).answer("www.example. 300 IN A 192.0.2." + std::to_string(i))),
              i < 31 ? MergeOutcome::Merged : MergeOutcome::Full);
  }
  EXPECT_EQ(flight.add(answers({"www.example. 300 IN A 192.0.2.30"})), MergeOutcome::Merged) << "it is there";
  EXPECT_EQ(flight.additions(), 31U);
  EXPECT_THAT(flight.answer(), SizeIs(32));
  EXPECT_EQ(flight.answer().front(), "www.example. 300 IN A 192.0.2.255");
  EXPECT_EQ(flight.answer().back(), "www.example. 300 IN A 192.0.2.30");
}

TEST(AddressPool, AWinnerWithMoreKeepsAllOfIts) {
  MessageBuilder winner = answers({});
  for (int i = 0; i < 40; ++i)
    winner.answer("www.example. 300 IN A 192.0.2." + std::to_string(i));
  Flight flight(winner);
  flight.add(answers({"www.example. 300 IN A 192.0.2.200"}));
  EXPECT_EQ(flight.additions(), 0U);
  EXPECT_THAT(flight.answer(), SizeIs(40));
}

TEST(AddressPool, RefusesAddressesOfAnotherTerminalOwner) {
  Flight flight(answers({"www.example. 300 IN CNAME a.cdn.", "a.cdn. 300 IN A 192.0.2.1"}));
  EXPECT_EQ(flight.add(answers({"www.example. 300 IN CNAME b.cdn.", "b.cdn. 60 IN A 192.0.2.2"})),
            MergeOutcome::OtherOwner);
  EXPECT_EQ(flight.add(answers({"www.example. 60 IN A 192.0.2.3"})), MergeOutcome::OtherOwner);
  EXPECT_EQ(flight.additions(), 0U);
  EXPECT_EQ(flight.merged().lifetime, 300U);
}

TEST(AddressPool, AnotherWayToTheSameOwnerIsMergedUnderTheWinnersChain) {
  Flight flight(answers({"www.example. 300 IN CNAME a.example.", "a.example. 300 IN CNAME x.cdn.",
                         "x.cdn. 300 IN A 192.0.2.1"}));
  EXPECT_EQ(flight.add(answers({"www.example. 300 IN CNAME X.CDN.", "x.cdn. 300 IN A 192.0.2.2"})),
            MergeOutcome::Merged);
  EXPECT_EQ(flight.add(answers({"x.cdn. 300 IN A 192.0.2.3", "c.example. 300 IN CNAME x.cdn.",
                                "www.example. 300 IN CNAME c.example."})),
            MergeOutcome::Merged);
  EXPECT_THAT(flight.answer(), ElementsAre("www.example. 300 IN CNAME a.example.",
                                           "a.example. 300 IN CNAME x.cdn.", "x.cdn. 300 IN A 192.0.2.1",
                                           "x.cdn. 300 IN A 192.0.2.2", "x.cdn. 300 IN A 192.0.2.3"));
}

TEST(AddressPool, IgnoresAddressesOfOtherNamesInTheReply) {
  Flight flight(answers({"www.example. 300 IN A 192.0.2.1"}));
  EXPECT_EQ(flight.add(answers({"evil.example. 1 IN A 192.0.2.66", "www.example. 300 IN A 192.0.2.2",
                                "example. 1 IN A 192.0.2.67", "a.www.example. 1 IN A 192.0.2.68"})
                           .authority("www.example. 1 IN A 192.0.2.69")
                           .additional("www.example. 1 IN A 192.0.2.70")),
            MergeOutcome::Merged);
  EXPECT_THAT(flight.answer(),
              ElementsAre("www.example. 300 IN A 192.0.2.1", "www.example. 300 IN A 192.0.2.2"));
}

TEST(AddressPool, IgnoresAddressesAtTheHeadAndInTheMiddleOfTheChain) {
  Flight flight(answers({"www.example. 300 IN CNAME x.cdn.", "x.cdn. 300 IN A 192.0.2.1"}));
  flight.add(answers({"www.example. 300 IN CNAME m.example.", "www.example. 1 IN A 192.0.2.66",
                      "m.example. 300 IN CNAME x.cdn.", "m.example. 1 IN A 192.0.2.67",
                      "x.cdn. 300 IN A 192.0.2.2"}));
  EXPECT_THAT(flight.answer(), ElementsAre("www.example. 300 IN CNAME x.cdn.", "x.cdn. 300 IN A 192.0.2.1",
                                           "x.cdn. 300 IN A 192.0.2.2"));
}

TEST(AddressPool, IgnoresOtherTypesAndClassesAtTheOwner) {
  Flight flight(answers({"www.example. 300 IN A 192.0.2.1"}));
  flight.add(answers({"www.example. 1 CH A 192.0.2.66", "www.example. 1 IN AAAA ::66",
                      "www.example. 1 IN TXT x", "www.example. 300 IN A 192.0.2.2"}));
  EXPECT_THAT(flight.answer(),
              ElementsAre("www.example. 300 IN A 192.0.2.1", "www.example. 300 IN A 192.0.2.2"));
}

TEST(AddressPool, FollowsNoCnameOfAnotherClass) {
  Flight flight(answers({"www.example. 300 IN A 192.0.2.1"}));
  EXPECT_EQ(flight.add(answers({"www.example. 300 CH CNAME x.cdn.", "www.example. 300 IN A 192.0.2.2"})),
            MergeOutcome::Merged);
}

TEST(AddressPool, RefusesSignatures) {
  const char* rrsig =
      "www.example. 300 IN RRSIG A 13 2 300 20300101000000 20200101000000 1 example. "
      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==";
  const char* address = "www.example. 300 IN A 192.0.2.2";
  EXPECT_FALSE(can_be_merged_with(answers({address, rrsig})));
  EXPECT_FALSE(can_be_merged_with(answers({address}).authority(rrsig)));
  Flight flight(answers({"www.example. 300 IN A 192.0.2.1"}));
  EXPECT_EQ(flight.add(answers({address, rrsig})), MergeOutcome::NotMergeable);
  EXPECT_EQ(flight.add(answers({rrsig, address})), MergeOutcome::NotMergeable);
  EXPECT_EQ(flight.add(answers({address}).additional(rrsig)), MergeOutcome::NotMergeable);
  EXPECT_EQ(flight.additions(), 0U);
}

TEST(AddressPool, RepliesWithoutDataDisagree) {
  Flight flight(answers({"www.example. 300 IN A 192.0.2.1"}));
  const char* soa = "example. 1 IN SOA a. b. 1 1 1 1 1";
  EXPECT_EQ(flight.add(answers({}).authority(soa)), MergeOutcome::Disagrees);
  EXPECT_EQ(flight.add(answers({"www.example. 1 IN CNAME b.example."})), MergeOutcome::Disagrees);
  for (const Rcode rcode : {Rcode::NxDomain, Rcode::ServFail, Rcode::Refused, Rcode::FormErr}) {
    EXPECT_EQ(flight.add(answers({}).response(rcode).authority(soa)), MergeOutcome::Disagrees);
    EXPECT_EQ(flight.add(answers({"www.example. 1 IN A 192.0.2.2"}).response(rcode)),
              MergeOutcome::Disagrees);
  }
  EXPECT_EQ(flight.add(answers({"www.example. 1 IN A 192.0.2.2"}).opt({.upper_rcode = 1})),
            MergeOutcome::Disagrees);
  EXPECT_EQ(flight.additions(), 0U);
  EXPECT_EQ(flight.merged().lifetime, 300U);
}

TEST(AddressPool, NeverHoldsUnspecifiedAddresses) {
  Flight v4(answers({"www.example. 300 IN A 192.0.2.1"}));
  v4.add(answers({"www.example. 300 IN A 0.0.0.0", "www.example. 300 IN A 192.0.2.2"}));
  EXPECT_THAT(v4.answer(), ElementsAre("www.example. 300 IN A 192.0.2.1", "www.example. 300 IN A 192.0.2.2"));
  Flight v6(answers({"www.example. 300 IN AAAA 2001:db8::1"}, RrType::Aaaa));
  v6.add(answers({"www.example. 300 IN AAAA ::", "www.example. 300 IN AAAA ::1"}, RrType::Aaaa));
  EXPECT_THAT(v6.answer(),
              ElementsAre("www.example. 300 IN AAAA 2001:db8::1", "www.example. 300 IN AAAA ::1"));
}

TEST(AddressPool, AReplyOfUnspecifiedAddressesDisagrees) {
  Flight flight(answers({"www.example. 300 IN A 192.0.2.1"}));
  EXPECT_EQ(flight.add(answers({"www.example. 1 IN A 0.0.0.0"})), MergeOutcome::Disagrees);
  EXPECT_EQ(flight.merged().lifetime, 300U);
}

TEST(AddressPool, TheTtlOfAnUnspecifiedAddressDoesNotCount) {
  Flight flight(answers({"www.example. 300 IN A 192.0.2.1"}));
  flight.add(answers({"www.example. 1 IN A 0.0.0.0", "www.example. 200 IN A 192.0.2.2"}));
  EXPECT_EQ(flight.merged().lifetime, 200U);
}

TEST(AddressPool, AWinnerThatBlocksGetsNoPool) {
  EXPECT_FALSE(can_be_merged_with(answers({"www.example. 300 IN A 0.0.0.0"})));
  EXPECT_FALSE(
      can_be_merged_with(answers({"www.example. 300 IN A 192.0.2.1", "www.example. 300 IN A 0.0.0.0"})));
  EXPECT_FALSE(can_be_merged_with(answers({"www.example. 300 IN AAAA ::"}, RrType::Aaaa)));
}

TEST(AddressPool, IsNotMadeOfRepliesWithoutAddresses) {
  EXPECT_FALSE(can_be_merged_with(answers({})));
  EXPECT_FALSE(can_be_merged_with(answers({"www.example. 300 IN CNAME b.example."})));
  EXPECT_FALSE(can_be_merged_with(answers({"b.example. 300 IN A 192.0.2.1"})));
  EXPECT_FALSE(can_be_merged_with(answers({"www.example. 300 IN A 192.0.2.1"}).response(Rcode::NxDomain)));
  EXPECT_FALSE(can_be_merged_with(
      MessageBuilder("www.example.", std::uint16_t{16}).response().answer("www.example. 300 IN TXT x")));
  EXPECT_FALSE(can_be_merged_with(MessageBuilder("www.example.", std::uint16_t{255})
                                      .response()
                                      .answer("www.example. 300 IN A 192.0.2.1")));
  EXPECT_FALSE(can_be_merged_with(MessageBuilder("www.example.", RrType::A, std::uint16_t{4})
                                      .response()
                                      .answer("www.example. 300 HS A 192.0.2.1")));
}

TEST(AddressPool, AdSurvivesOnlyIfEveryContributorHadIt) {
  const auto merged_ad = [](bool winner_ad, const char* address, bool other_ad) {
    const auto with_ad = [](MessageBuilder builder, bool ad) {
      return ad ? builder.add_flags(dns::kAd) : builder;
    };
    Flight flight(with_ad(answers({"www.example. 300 IN A 192.0.2.1"}), winner_ad));
    flight.add(with_ad(answers({}).answer(std::string_view(address)), other_ad));
    return LdnsMessage(flight.merged().wire).ad();
  };
  const char* more = "www.example. 300 IN A 192.0.2.2";
  EXPECT_TRUE(merged_ad(true, more, true));
  EXPECT_FALSE(merged_ad(true, more, false));
  EXPECT_FALSE(merged_ad(false, more, true));
  EXPECT_FALSE(merged_ad(false, more, false));
  // What contributed nothing says nothing.
  EXPECT_TRUE(merged_ad(true, "www.example. 300 IN A 192.0.2.1", false));
  EXPECT_TRUE(merged_ad(true, "b.example. 300 IN A 192.0.2.2", false));
}

}  // namespace
}  // namespace pacedns::cache
