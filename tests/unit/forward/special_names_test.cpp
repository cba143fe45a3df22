#include "pacedns/forward/special_names.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/presentation.hpp"

#include "support/message_builder.hpp"

namespace pacedns::forward {
namespace {

using dns::Rcode;
using dns::RrType;
using test::MessageBuilder;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kSoaEnd = " nobody.invalid. 1 3600 1200 604800 10800";

class SpecialNamesTest : public testing::Test {
 protected:
  std::optional<cache::ResponseImage> ask(const std::string& name, test::Code type = RrType::A,
                                          test::Code rr_class = dns::RrClass::In) {
    wire_ = MessageBuilder(name, type, rr_class).wire();
    return names_.answer(*dns::read_question(wire_));
  }

  /// The RRs of the answer as text.
  std::vector<std::string> records(const std::string& name, test::Code type = RrType::A) {
    const auto image = ask(name, type);
    return image ? dns::records_to_text(image->wire).value() : std::vector<std::string>{"forwarded"};
  }

  Rcode rcode(const std::string& name, test::Code type = RrType::A) {
    return dns::MessageView::parse(ask(name, type).value().wire).value().rcode();
  }

  SpecialNames names_{{}};

 private:
  test::Octets wire_;
};

TEST_F(SpecialNamesTest, LocalhostAndAllBelowItAreThisHost) {
  for (const char* name : {"localhost.", "a.localhost.", "a.b.localhost."}) {
    EXPECT_THAT(records(name, RrType::A), ElementsAre(std::string(name) + " 10800 IN A 127.0.0.1"));
    EXPECT_THAT(records(name, RrType::Aaaa), ElementsAre(std::string(name) + " 10800 IN AAAA ::1"));
    EXPECT_THAT(records(name, std::uint16_t{15}),
                ElementsAre(std::string("localhost. 10800 IN SOA localhost.") + kSoaEnd));
    EXPECT_EQ(rcode(name, std::uint16_t{15}), Rcode::NoError);
    EXPECT_THAT(records(name, RrType::Any), ElementsAre(std::string(name) + " 10800 IN A 127.0.0.1"));
  }
}

TEST_F(SpecialNamesTest, SomeNamesExistNowhere) {
  for (const std::string zone : {"invalid.", "test.", "onion."}) {
    for (const std::string& name : {zone, "www." + zone}) {
      EXPECT_EQ(rcode(name), Rcode::NxDomain) << name;
      EXPECT_THAT(records(name), ElementsAre(zone + " 10800 IN SOA " + zone + kSoaEnd));
    }
  }
}

TEST_F(SpecialNamesTest, PrivateReverseZonesAreEmpty) {
  for (const std::string zone : {"10.in-addr.arpa.",
                                 "16.172.in-addr.arpa.",
                                 "31.172.in-addr.arpa.",
                                 "168.192.in-addr.arpa.",
                                 "0.in-addr.arpa.",
                                 "127.in-addr.arpa.",
                                 "254.169.in-addr.arpa.",
                                 "64.100.in-addr.arpa.",
                                 "127.100.in-addr.arpa.",
                                 "2.0.192.in-addr.arpa.",
                                 "100.51.198.in-addr.arpa.",
                                 "113.0.203.in-addr.arpa.",
                                 "255.255.255.255.in-addr.arpa.",
                                 "d.f.ip6.arpa.",
                                 "8.e.f.ip6.arpa.",
                                 "9.e.f.ip6.arpa.",
                                 "a.e.f.ip6.arpa.",
                                 "b.e.f.ip6.arpa.",
                                 "8.b.d.0.1.0.0.2.ip6.arpa.",
                                 "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.",
                                 "home.arpa.",
                                 "resolver.arpa."}) {
    const auto soa = ElementsAre(zone + " 10800 IN SOA " + zone + kSoaEnd);
    EXPECT_EQ(rcode("1." + zone, RrType::Ptr), Rcode::NxDomain) << zone;
    EXPECT_THAT(records("1." + zone, RrType::Ptr), soa);
    EXPECT_EQ(rcode(zone, RrType::Ptr), Rcode::NoError) << zone;
    EXPECT_THAT(records(zone, RrType::Ptr), soa);
    EXPECT_THAT(records(zone, RrType::Soa), soa);
    EXPECT_THAT(records(zone, RrType::Ns), ElementsAre(zone + " 10800 IN NS " + zone));
    EXPECT_THAT(records(zone, RrType::Any), soa) << "RFC 8482";
    EXPECT_FALSE(ask(zone, RrType::Ds).has_value()) << "the parent's";
    EXPECT_TRUE(ask("1." + zone, RrType::Ds).has_value());
  }
}

TEST_F(SpecialNamesTest, LoopbackAddressesHaveAName) {
  const std::string v6 = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa.";
  for (const std::string& name : {std::string("1.0.0.127.in-addr.arpa."), v6}) {
    EXPECT_THAT(records(name, RrType::Ptr), ElementsAre(name + " 10800 IN PTR localhost."));
    EXPECT_EQ(rcode(name, RrType::A), Rcode::NoError);
    EXPECT_THAT(records(name, RrType::Any), ElementsAre(name + " 10800 IN PTR localhost."));
    EXPECT_EQ(rcode("x." + name, RrType::Ptr), Rcode::NxDomain);
  }
  EXPECT_EQ(rcode("0.0.127.in-addr.arpa.", RrType::Ptr), Rcode::NoError)
      << "a name below it exists (RFC 8020)";
  EXPECT_EQ(rcode("2.0.0.127.in-addr.arpa.", RrType::Ptr), Rcode::NxDomain);
}

TEST_F(SpecialNamesTest, OthersAreForwarded) {
  for (const char* name :
       {".", "example.", "localhost.example.", "notlocalhost.", "atest.", "arpa.", "in-addr.arpa.",
        "8.8.8.8.in-addr.arpa.", "15.172.in-addr.arpa.", "32.172.in-addr.arpa.", "63.100.in-addr.arpa.",
        "128.100.in-addr.arpa.", "ip6.arpa.", "c.e.f.ip6.arpa.", "local."}) {
    EXPECT_FALSE(ask(name).has_value()) << name;
  }
  EXPECT_FALSE(ask("localhost.", RrType::A, dns::RrClass::Ch).has_value()) << "of another class";
}

TEST_F(SpecialNamesTest, WhatIsForwardedAllTheSameIsSoWithAllBelow) {
  names_ = SpecialNames(
      {dns::name_from_text("168.192.in-addr.arpa").value(), dns::name_from_text("dev.test").value()});
  for (const char* name :
       {"168.192.in-addr.arpa.", "1.1.168.192.in-addr.arpa.", "dev.test.", "www.dev.test."})
    EXPECT_FALSE(ask(name).has_value()) << name;
  for (const char* name : {"test.", "adev.test.", "10.in-addr.arpa."})
    EXPECT_TRUE(ask(name).has_value()) << name;
}

TEST_F(SpecialNamesTest, AnAnswerSaysThatItIsAResponse) {
  const auto image = ask("localhost.").value();
  const auto header = dns::Header::read(image.wire);
  EXPECT_TRUE(header.has(dns::kQr));
  EXPECT_EQ(header.question_count, 1U);
  EXPECT_FALSE(image.negative);
  EXPECT_EQ(image.ttl_offsets.size(), 1U);
  EXPECT_TRUE(ask("invalid.")->negative);
}

}  // namespace
}  // namespace pacedns::forward
