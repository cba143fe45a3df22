#include "pacedns/dns/query_builder.hpp"

#include <gtest/gtest.h>

#include "pacedns/dns/question.hpp"

#include "support/message_builder.hpp"

namespace pacedns::dns {
namespace {

using test::MessageBuilder;
using test::Octets;

/// What an upstream is asked when a client asked `message`.
Octets built(const MessageBuilder& message, bool cd, bool dnssec_ok, bool with_edns) {
  const Octets wire = message.wire();
  const Bytes question = read_question(wire).value().wire;
  const auto query =
      build_query({.question = question, .checking_disabled = cd, .dnssec_ok = dnssec_ok}, with_edns);
  return {query.begin(), query.end()};
}

TEST(BuildQuery, AsksTheQuestionWithRdAndAdAndNoId) {
  const MessageBuilder client = MessageBuilder("wWw.example.", 65280, 0xfe01).id(77);
  EXPECT_EQ(built(client, false, false, false),
            MessageBuilder("wWw.example.", 65280, 0xfe01).id(0).flags(kRd | kAd).wire());
}

TEST(BuildQuery, CdIsTheClients) {
  EXPECT_EQ(built(MessageBuilder("x."), true, false, false),
            MessageBuilder("x.").flags(kRd | kAd | kCd).wire());
}

TEST(BuildQuery, EdnsOffersOurSizeAndTheClientsDo) {
  for (const bool dnssec_ok : {false, true}) {
    EXPECT_EQ(built(MessageBuilder("x."), false, dnssec_ok, true),
              MessageBuilder("x.").flags(kRd | kAd).opt(1232, dnssec_ok).wire());
  }
}

TEST(BuildQuery, WithoutEdnsThereIsNoDo) {
  EXPECT_EQ(built(MessageBuilder("x."), false, true, false),
            built(MessageBuilder("x."), false, false, false));
}

TEST(BuildQuery, TakesTheRootAndTheLongestName) {
  EXPECT_EQ(built(MessageBuilder("."), false, false, true),
            MessageBuilder(".").flags(kRd | kAd).opt().wire());
  const MessageBuilder longest(test::name_of_size(255));
  EXPECT_EQ(built(longest, false, false, true).size(), longest.wire().size() + 11);
  EXPECT_EQ(built(longest, false, false, true).size(), kMaxUpstreamQuerySize);
}

}  // namespace
}  // namespace pacedns::dns
