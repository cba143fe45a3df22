#include "upstream/answer_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_messages.hpp"

namespace pacedns::simulator::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

const std::string kScript = R"(
upstreams:
  - { name: A, listen: "127.0.0.1:0" }
  - name: B
    listen: "127.0.0.1:0"
    ttl: 77
    answer:
      - "www.example. 20 IN A 198.51.100.1"
      - "alias.example. 30 IN A 198.51.100.2"
records:
  default:
    - "www.example. 300 IN A 192.0.2.2"
    - "www.example. 300 IN A 192.0.2.1"
    - "www.example. 300 IN TXT hello"
    - "www.example. 300 IN RRSIG A 8 2 300 20300101000000 20200101000000 1 example. AAAA"
    - "alias.example. 100 IN CNAME middle.example."
    - "middle.example. 90 IN CNAME WWW.example."
    - "outside.example. 90 IN CNAME a.pool.example."
    - "broken.example. 90 IN CNAME missing.example."
    - "loop.example. 90 IN CNAME loop.example."
    - "zone.test. 500 IN SOA ns.zone.test. me.zone.test. 1 2 3 4 5"
    - "unknown.test. 5 IN TYPE65280 \\# 3 010203"
    - "big.test. 5 IN TXT one"
)";

TEST(AnswerSource, KeepsTheOrderAndTheLetterCase) {
  UpstreamUnderTest a(kScript);
  for (int round = 0; round < 2; ++round) {  // built, then kept
    const Packet response = a.response(plain_query("wWw.Example.", LDNS_RR_TYPE_A));
    ASSERT_TRUE(response);
    EXPECT_EQ(ldns_pkt_id(response.get()), kTestId);
    EXPECT_TRUE(ldns_pkt_qr(response.get()) && ldns_pkt_rd(response.get()) && ldns_pkt_ra(response.get()));
    EXPECT_FALSE(ldns_pkt_aa(response.get()));
    EXPECT_FALSE(ldns_pkt_edns(response.get()));
    EXPECT_THAT(texts(ldns_pkt_question(response.get())), ElementsAre("wWw.Example. IN A"));
    EXPECT_THAT(answers(response),
                ElementsAre("wWw.Example. 300 IN A 192.0.2.2", "wWw.Example. 300 IN A 192.0.2.1"));
  }
}

TEST(AnswerSource, FollowsChains) {
  UpstreamUnderTest a(kScript);
  EXPECT_THAT(answers(a.response(plain_query("alias.example.", LDNS_RR_TYPE_TXT))),
              ElementsAre("alias.example. 100 IN CNAME middle.example.",
                          "middle.example. 90 IN CNAME WWW.example.", "WWW.example. 300 IN TXT \"hello\""));
  EXPECT_THAT(answers(a.response(plain_query("alias.example.", LDNS_RR_TYPE_CNAME))),
              ElementsAre("alias.example. 100 IN CNAME middle.example."));
  EXPECT_THAT(
      answers(a.response(plain_query("outside.example.", LDNS_RR_TYPE_AAAA))),
      ElementsAre("outside.example. 90 IN CNAME a.pool.example.", "a.pool.example. 300 IN AAAA fd00:77::1",
                  "a.pool.example. 300 IN AAAA fd00:77::2"));
  const Packet broken = a.response(plain_query("broken.example.", LDNS_RR_TYPE_A));
  EXPECT_EQ(ldns_pkt_get_rcode(broken.get()), LDNS_RCODE_NXDOMAIN);
  EXPECT_THAT(authorities(broken), ElementsAre(StartsWith("example. 60 IN SOA")));
  EXPECT_TRUE(a.response(plain_query("loop.example.", LDNS_RR_TYPE_A)));
}

TEST(AnswerSource, GivesNegativeAnswersTheirSoa) {
  UpstreamUnderTest a(kScript);
  const Packet no_data = a.response(plain_query("www.example.", LDNS_RR_TYPE_MX));
  EXPECT_EQ(ldns_pkt_get_rcode(no_data.get()), LDNS_RCODE_NOERROR);
  EXPECT_THAT(answers(no_data), IsEmpty());
  EXPECT_THAT(authorities(no_data), ElementsAre(StartsWith("example. 60 IN SOA")));
  const Packet nowhere = a.response(plain_query("nowhere.", LDNS_RR_TYPE_A));
  EXPECT_EQ(ldns_pkt_get_rcode(nowhere.get()), LDNS_RCODE_NXDOMAIN);
  EXPECT_THAT(authorities(nowhere), ElementsAre(StartsWith(". 60 IN SOA")));
  EXPECT_THAT(authorities(a.response(plain_query("x.y.zone.test.", LDNS_RR_TYPE_A))),
              ElementsAre(StartsWith("zone.test. 500 IN SOA")));
  a.upstream.set("soa", "false");
  EXPECT_THAT(authorities(a.response(plain_query("nowhere.", LDNS_RR_TYPE_A))), IsEmpty());
  EXPECT_THAT(authorities(a.response(plain_query("www.example.", LDNS_RR_TYPE_MX))), IsEmpty());
}

TEST(AnswerSource, AddsSignaturesForDo) {
  UpstreamUnderTest a(kScript);
  EXPECT_EQ(answers(a.response(edns_query("www.example.", LDNS_RR_TYPE_A))).size(), 2U);
  const auto with = answers(a.response(edns_query("www.example.", LDNS_RR_TYPE_A, {1232, true, 0})));
  ASSERT_EQ(with.size(), 3U);
  EXPECT_THAT(with[2], StartsWith("www.example. 300 IN RRSIG A 8 2"));
  EXPECT_EQ(answers(a.response(edns_query("www.example.", LDNS_RR_TYPE_TXT, {1232, true, 0}))).size(), 1U);
}

TEST(AnswerSource, LetsAnUpstreamOverrideTheSet) {
  UpstreamUnderTest b(kScript, 1);
  EXPECT_THAT(answers(b.response(plain_query("www.example.", LDNS_RR_TYPE_A))),
              ElementsAre("www.example. 20 IN A 198.51.100.1"));
  EXPECT_EQ(answers(b.response(plain_query("www.example.", LDNS_RR_TYPE_TXT))).size(), 1U);
  EXPECT_THAT(answers(b.response(plain_query("alias.example.", LDNS_RR_TYPE_A))),
              ElementsAre("alias.example. 30 IN A 198.51.100.2"));
  b.upstream.set_answer({});
  EXPECT_EQ(answers(b.response(plain_query("www.example.", LDNS_RR_TYPE_A))).size(), 2U);
}

TEST(AnswerSource, Synthesizes) {
  UpstreamUnderTest b(kScript, 1);
  EXPECT_THAT(answers(b.response(plain_query("x.y.POOL.example.", LDNS_RR_TYPE_A))),
              ElementsAre("x.y.POOL.example. 77 IN A 10.77.1.1", "x.y.POOL.example. 77 IN A 10.77.1.2"));
  EXPECT_THAT(
      answers(b.response(plain_query("x.pool.example.", LDNS_RR_TYPE_AAAA))),
      ElementsAre("x.pool.example. 77 IN AAAA fd00:77:1::1", "x.pool.example. 77 IN AAAA fd00:77:1::2"));
  EXPECT_THAT(answers(b.response(plain_query("x.same.example.", LDNS_RR_TYPE_A))),
              ElementsAre("x.same.example. 77 IN A 10.88.0.1"));
  const auto rcode = [&](const char* name, ldns_rr_type type) {
    return ldns_pkt_get_rcode(b.response(plain_query(name, type)).get());
  };
  EXPECT_EQ(rcode("x.pool.example.", LDNS_RR_TYPE_MX), LDNS_RCODE_NOERROR);
  EXPECT_EQ(rcode("x.nx.example.", LDNS_RR_TYPE_A), LDNS_RCODE_NXDOMAIN);
  EXPECT_EQ(rcode("x.nodata.example.", LDNS_RR_TYPE_A), LDNS_RCODE_NOERROR);
  EXPECT_EQ(rcode("xpool.example.", LDNS_RR_TYPE_A), LDNS_RCODE_NXDOMAIN);
  EXPECT_EQ(rcode(".", LDNS_RR_TYPE_NS), LDNS_RCODE_NOERROR);

  UpstreamUnderTest off("synthesize: false\n" + kScript);
  const Packet response = off.response(plain_query("x.pool.example.", LDNS_RR_TYPE_A));
  EXPECT_EQ(ldns_pkt_get_rcode(response.get()), LDNS_RCODE_NXDOMAIN);
}

TEST(AnswerSource, CarriesUnknownTypesAndRefusesOtherClasses) {
  UpstreamUnderTest a(kScript);
  const auto type = static_cast<ldns_rr_type>(65280);
  EXPECT_THAT(answers(a.response(plain_query("unknown.test.", type))),
              ElementsAre("unknown.test. 5 IN TYPE65280 \\# 3 010203"));
  const Packet chaos = a.response(plain_query("version.bind.", LDNS_RR_TYPE_TXT, LDNS_RR_CLASS_CH));
  EXPECT_EQ(ldns_pkt_get_rcode(chaos.get()), LDNS_RCODE_REFUSED);
}

TEST(AnswerSource, FitsResponsesWithoutAQuestion) {
  UpstreamUnderTest a(kScript);
  a.upstream.set("question", "none");
  for (const char* name : {"www.example.", "x.pool.example."}) {
    const Packet response = a.response(plain_query(name, LDNS_RR_TYPE_A));
    ASSERT_TRUE(response);
    EXPECT_EQ(ldns_pkt_qdcount(response.get()), 0);
    ASSERT_EQ(answers(response).size(), 2U);
    EXPECT_THAT(answers(response)[0], StartsWith(name));
  }
}

}  // namespace
}  // namespace pacedns::simulator::test
