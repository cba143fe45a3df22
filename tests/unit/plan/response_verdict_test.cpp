#include "pacedns/plan/response_verdict.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pacedns/dns/header.hpp"
#include "pacedns/dns/message_view.hpp"

#include "support/message_builder.hpp"

namespace pacedns::plan {
namespace {

using dns::Rcode;
using dns::RrType;
using dns::Section;

/// A reply to a question for "example.", built octet by octet.
class Reply {
 public:
  explicit Reply(std::uint16_t flags, Rcode rcode = Rcode::NoError, RrType qtype = RrType::A)
      : header_{.id = 1,
                .flags = static_cast<std::uint16_t>(dns::kQr | flags | (static_cast<unsigned>(rcode) & 0xfU)),
                .question_count = 1} {
    octets_.resize(dns::kHeaderSize);
    append({7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0});
    append_u16(static_cast<std::uint16_t>(qtype));
    append_u16(1);
    upper_rcode_ = static_cast<std::uint8_t>(static_cast<unsigned>(rcode) >> 4);
  }

  /// Call in the order of the sections.
  Reply& with(Section section, RrType type, std::initializer_list<std::uint8_t> rdata = {1, 'x', 0}) {
    append({0xc0, dns::kHeaderSize});
    append_record(type, 1, 60, rdata);
    auto& count = section == Section::Answer      ? header_.answer_count
                  : section == Section::Authority ? header_.authority_count
                                                  : header_.additional_count;
    ++count;
    return *this;
  }

  Reply& with_opt() {
    append({0});
    append_record(RrType::Opt, 1232, std::uint32_t{upper_rcode_} << 24, {});
    ++header_.additional_count;
    return *this;
  }

  [[nodiscard]] ResponseVerdict judged(bool with_edns = true, bool over_tcp = false) {
    header_.write(octets_);
    const auto view = dns::MessageView::parse(octets_);
    EXPECT_TRUE(view.has_value()) << "the test built a malformed message";
    return judge(view.value(), with_edns, over_tcp);
  }

 private:
  void append(std::initializer_list<std::uint8_t> octets) { octets_.insert(octets_.end(), octets); }
  void append_u16(std::uint32_t value) {
    append({static_cast<std::uint8_t>((value >> 8) & 0xff), static_cast<std::uint8_t>(value & 0xff)});
  }
  void append_record(RrType type, std::uint16_t rr_class, std::uint32_t ttl,
                     std::initializer_list<std::uint8_t> rdata) {
    append_u16(static_cast<std::uint16_t>(type));
    append_u16(rr_class);
    append_u16(ttl >> 16);
    append_u16(ttl & 0xffff);
    append_u16(static_cast<std::uint16_t>(rdata.size()));
    append(rdata);
  }

  dns::Header header_;
  std::uint8_t upper_rcode_ = 0;
  std::vector<std::uint8_t> octets_;
};

constexpr auto kTxt = static_cast<RrType>(16);
constexpr auto kHttps = static_cast<RrType>(65);
constexpr auto kUnknown = static_cast<RrType>(65280);

TEST(ResponseVerdict, DataOfAnyTypeIsUsable) {
  for (const RrType type : {RrType::A, RrType::Aaaa, RrType::Cname, RrType::Soa, kTxt, kHttps, kUnknown}) {
    EXPECT_EQ(Reply(dns::kRa, Rcode::NoError, type).with(Section::Answer, type).judged(),
              ResponseVerdict::Usable)
        << static_cast<unsigned>(type);
  }
}

TEST(ResponseVerdict, NodataOfAnyTypeIsUsable) {
  for (const RrType type : {RrType::A, RrType::Aaaa, kTxt, kHttps, kUnknown}) {
    EXPECT_EQ(Reply(dns::kRa, Rcode::NoError, type).with(Section::Authority, RrType::Soa).judged(),
              ResponseVerdict::Usable)
        << static_cast<unsigned>(type);
  }
  EXPECT_EQ(Reply(dns::kRa).judged(), ResponseVerdict::Usable);  // without SOA
}

TEST(ResponseVerdict, NxdomainIsUsable) {
  EXPECT_EQ(Reply(dns::kRa, Rcode::NxDomain).with(Section::Authority, RrType::Soa).judged(),
            ResponseVerdict::Usable);
  EXPECT_EQ(Reply(dns::kRa, Rcode::NxDomain).with(Section::Answer, RrType::Cname).judged(),
            ResponseVerdict::Usable);
  EXPECT_EQ(Reply(dns::kRa, Rcode::NxDomain).judged(), ResponseVerdict::Usable);
}

TEST(ResponseVerdict, OtherRcodesAreFailures) {
  for (const unsigned rcode : {1U, 2U, 4U, 5U, 6U, 9U, 15U}) {
    EXPECT_EQ(Reply(dns::kRa, static_cast<Rcode>(rcode)).judged(false), ResponseVerdict::Failure) << rcode;
  }
  for (const unsigned rcode : {2U, 5U, 6U, 9U, 15U}) {
    EXPECT_EQ(Reply(dns::kRa, static_cast<Rcode>(rcode)).judged(true), ResponseVerdict::Failure) << rcode;
  }
}

TEST(ResponseVerdict, AServfailWithDataIsAFailureStill) {
  EXPECT_EQ(Reply(dns::kRa, Rcode::ServFail).with(Section::Answer, RrType::A, {192, 0, 2, 1}).judged(),
            ResponseVerdict::Failure);
}

TEST(ResponseVerdict, AServerThatDoesNotKnowEdnsIsAskedWithout) {
  EXPECT_EQ(Reply(dns::kRa, Rcode::FormErr).judged(true), ResponseVerdict::NoEdns);
  EXPECT_EQ(Reply(dns::kRa, Rcode::NotImp).judged(true), ResponseVerdict::NoEdns);
  EXPECT_EQ(Reply(dns::kRa, Rcode::BadVers).with_opt().judged(true), ResponseVerdict::NoEdns);
}

TEST(ResponseVerdict, WithoutEdnsItIsAskedOnlyOnce) {
  for (const bool over_tcp : {false, true}) {
    EXPECT_EQ(Reply(dns::kRa, Rcode::FormErr).judged(false, over_tcp), ResponseVerdict::Failure);
    EXPECT_EQ(Reply(dns::kRa, Rcode::NotImp).judged(false, over_tcp), ResponseVerdict::Failure);
    EXPECT_EQ(Reply(dns::kRa, Rcode::BadVers).with_opt().judged(false, over_tcp), ResponseVerdict::Failure);
  }
}

// The low four bits of BADVERS are NOERROR's.
TEST(ResponseVerdict, BadversIsNotAnEmptyNoerror) {
  EXPECT_NE(Reply(dns::kRa, Rcode::BadVers).with_opt().judged(), ResponseVerdict::Usable);
  EXPECT_EQ(Reply(dns::kRa, static_cast<Rcode>(23)).with_opt().judged(),
            ResponseVerdict::Failure);  // BADCOOKIE
}

TEST(ResponseVerdict, ATruncatedReplyIsAskedForAgainOverTcp) {
  EXPECT_EQ(Reply(dns::kRa | dns::kTc).judged(), ResponseVerdict::Truncated);
  EXPECT_EQ(Reply(dns::kRa | dns::kTc).with(Section::Answer, RrType::A).judged(), ResponseVerdict::Truncated);
  EXPECT_EQ(Reply(dns::kRa | dns::kTc, Rcode::NxDomain).judged(), ResponseVerdict::Truncated);
  EXPECT_EQ(Reply(dns::kTc).with(Section::Authority, RrType::Ns).judged(false), ResponseVerdict::Truncated);
}

TEST(ResponseVerdict, AReplyTruncatedOverTcpIsAFailure) {
  EXPECT_EQ(Reply(dns::kRa | dns::kTc).with(Section::Answer, RrType::A).judged(true, true),
            ResponseVerdict::Failure);
  EXPECT_EQ(Reply(dns::kRa | dns::kTc, Rcode::NxDomain).judged(true, true), ResponseVerdict::Failure);
}

TEST(ResponseVerdict, AReferralIsAFailure) {
  EXPECT_EQ(Reply(0).with(Section::Authority, RrType::Ns).judged(), ResponseVerdict::Failure);
  EXPECT_EQ(
      Reply(0).with(Section::Authority, RrType::Ns).with(Section::Additional, RrType::A).with_opt().judged(),
      ResponseVerdict::Failure);
}

// RFC 1034 section 5.3.3, RFC 5452 section 6.
TEST(ResponseVerdict, AnAnswerAboutAnotherNameIsAFailure) {
  const auto judged = [](const char* owner, const char* data, dns::Rcode rcode = Rcode::NoError) {
    const auto wire = test::MessageBuilder("www.example.")
                          .response(rcode)
                          .answer(std::string(owner) + " 60 IN " + data)
                          .answer("b.example. 60 IN A 192.0.2.1")
                          .wire();
    return judge(dns::MessageView::parse(wire).value(), true, false);
  };
  for (const char* owner : {"ww.example.", "example.", "a.www.example.", "www.example.com."}) {
    EXPECT_EQ(judged(owner, "A 192.0.2.2"), ResponseVerdict::Failure) << owner;
    EXPECT_EQ(judged(owner, "CNAME b.example."), ResponseVerdict::Failure) << owner;
    EXPECT_EQ(judged(owner, "CNAME b.example.", Rcode::NxDomain), ResponseVerdict::Failure) << owner;
  }
  EXPECT_EQ(judged("wWw.Example.", "A 192.0.2.2"), ResponseVerdict::Usable);
  EXPECT_EQ(judged("www.example.", "CNAME b.example."), ResponseVerdict::Usable);
  EXPECT_EQ(judged("Example.", "DNAME other."), ResponseVerdict::Usable);
  EXPECT_EQ(judged("ww.example.", "DNAME other."), ResponseVerdict::Failure);
}

TEST(ResponseVerdict, TheOrderOfTheAnswerDoesNotMatter) {
  const auto wire = test::MessageBuilder("www.example.")
                        .response()
                        .answer("b.example. 60 IN A 192.0.2.1")
                        .answer("www.example. 60 IN CNAME b.example.")
                        .wire();
  EXPECT_EQ(judge(dns::MessageView::parse(wire).value(), true, false), ResponseVerdict::Usable);
}

TEST(ResponseVerdict, WhatLooksLikeAReferralMayBeAnAnswer) {
  EXPECT_EQ(Reply(dns::kRa).with(Section::Authority, RrType::Ns).judged(), ResponseVerdict::Usable);
  EXPECT_EQ(Reply(dns::kAa).with(Section::Authority, RrType::Ns).judged(), ResponseVerdict::Usable);
  EXPECT_EQ(Reply(0).with(Section::Answer, RrType::A).with(Section::Authority, RrType::Ns).judged(),
            ResponseVerdict::Usable);
  EXPECT_EQ(Reply(0).with(Section::Authority, RrType::Ns).with(Section::Authority, RrType::Soa).judged(),
            ResponseVerdict::Usable);
  EXPECT_EQ(Reply(0).with(Section::Additional, RrType::Ns).judged(), ResponseVerdict::Usable);
}

TEST(ResponseVerdict, FailuresAreOrderedByWhatTheySayToTheClient) {
  constexpr auto kYxDomain = static_cast<Rcode>(6);
  constexpr Rcode kBestFirst[] = {kYxDomain,     Rcode::ServFail, Rcode::Refused,
                                  Rcode::NotImp, Rcode::FormErr,  Rcode::BadVers};
  for (std::size_t i = 0; i < std::size(kBestFirst); ++i) {
    for (std::size_t j = 0; j < std::size(kBestFirst); ++j) {
      EXPECT_EQ(better_failure(kBestFirst[i], kBestFirst[j]), i < j) << i << " against " << j;
    }
  }
}

TEST(ResponseVerdict, AFailureThatClaimsSuccessIsTheWorst) {
  for (const Rcode claim : {Rcode::NoError, Rcode::NxDomain}) {
    EXPECT_FALSE(better_failure(claim, Rcode::FormErr));
    EXPECT_TRUE(better_failure(Rcode::FormErr, claim));
  }
}

}  // namespace
}  // namespace pacedns::plan
