#include "upstream/simulated_upstream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_messages.hpp"

namespace pacedns::simulator::test {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;

std::string script(const std::string& settings, int seed = 1) {
  return "seed: " + std::to_string(seed) + "\nupstreams:\n  - { name: A, listen: '127.0.0.1:0', " + settings +
         " }\n" + "  - { name: B, listen: '127.0.0.1:0', " + settings + " }\n";
}

const auto kQuery = plain_query("x.pool.example.", LDNS_RR_TYPE_A);
const auto kEdnsQuery = edns_query("x.pool.example.", LDNS_RR_TYPE_A);

std::string losses(UpstreamUnderTest& upstream, int count = 64) {
  std::string pattern;
  for (int i = 0; i < count; ++i)
    pattern += upstream.ask(kQuery) ? '.' : 'x';
  return pattern;
}

TEST(SimulatedUpstream, RepeatsItsLosses) {
  UpstreamUnderTest first(script("loss: 0.3"));
  UpstreamUnderTest again(script("loss: 0.3"));
  UpstreamUnderTest other_seed(script("loss: 0.3", 2));
  UpstreamUnderTest other_upstream(script("loss: 0.3"), 1);
  const std::string pattern = losses(first);
  EXPECT_EQ(pattern, losses(again));
  EXPECT_NE(pattern, losses(other_seed));
  EXPECT_NE(pattern, losses(other_upstream));
  const std::string many = losses(first, 10'000);
  EXPECT_THAT(std::count(many.begin(), many.end(), 'x'), AllOf(Ge(2800), Le(3200)));
}

TEST(SimulatedUpstream, CountsLossesFromTheFirstQueryWhateverIsSet) {
  UpstreamUnderTest first(script("loss: 0.3"));
  UpstreamUnderTest late(script("jitter: 1ms"));
  const std::string pattern = losses(first);
  losses(late, 32);
  late.upstream.set("loss", "0.3");
  EXPECT_EQ(pattern.substr(32), losses(late, 32));
  EXPECT_TRUE(UpstreamUnderTest(script("loss: 1")).ask(kQuery, Transport::Tcp)) << "TCP loses nothing";
}

TEST(SimulatedUpstream, DelaysWithJitter) {
  UpstreamUnderTest upstream(script("delay: 50ms, jitter: 10ms"));
  Duration least = 1s;
  Duration most{};
  for (int i = 0; i < 1000; ++i) {
    const auto delay = upstream.ask(kQuery);
    ASSERT_TRUE(delay);
    least = std::min(least, *delay);
    most = std::max(most, *delay);
  }
  EXPECT_THAT(least, AllOf(Ge(Duration(40ms)), Le(Duration(41ms))));
  EXPECT_THAT(most, AllOf(Ge(Duration(59ms)), Le(Duration(60ms))));
}

TEST(SimulatedUpstream, IsDarkForAWhile) {
  UpstreamUnderTest upstream(script("dark: [{from: 2s, to: 4s}]"));
  EXPECT_TRUE(upstream.ask(kQuery, Transport::Udp, 1999ms));
  EXPECT_FALSE(upstream.ask(kQuery, Transport::Udp, 2s));
  EXPECT_FALSE(upstream.ask(kQuery, Transport::Tcp, 3999ms));
  EXPECT_TRUE(upstream.ask(kQuery, Transport::Udp, 4s));
  upstream.upstream.set("dark", "off");
  EXPECT_TRUE(upstream.ask(kQuery, Transport::Udp, 3s));
  upstream.upstream.set("dark", "on");
  EXPECT_FALSE(upstream.ask(kQuery, Transport::Udp, 9s));
}

TEST(SimulatedUpstream, ForcesRcodes) {
  UpstreamUnderTest upstream(
      script("rcode: SERVFAIL, names: {ok.pool.example.: {rcode: NOERROR, delay: 2s}}"));
  const Packet failed = upstream.response(kQuery);
  EXPECT_EQ(ldns_pkt_get_rcode(failed.get()), LDNS_RCODE_SERVFAIL);
  EXPECT_THAT(answers(failed), IsEmpty());
  EXPECT_EQ(upstream.ask(plain_query("OK.pool.example.", LDNS_RR_TYPE_A)), Duration(2s));
  EXPECT_EQ(answers(parse(upstream.reply.octets)).size(), 2U);
  upstream.upstream.set("rcode", "NXDOMAIN");
  EXPECT_EQ(authorities(upstream.response(kQuery)).size(), 1U);
  upstream.upstream.set("rcode", "BADCOOKIE");
  const Packet extended = upstream.response(kEdnsQuery);
  EXPECT_EQ(ldns_pkt_edns_extended_rcode(extended.get()) << 4 | ldns_pkt_get_rcode(extended.get()), 23);
  EXPECT_EQ(ldns_pkt_get_rcode(upstream.response(kQuery).get()), LDNS_RCODE_SERVFAIL);
}

TEST(SimulatedUpstream, TreatsEdnsAsTold) {
  UpstreamUnderTest upstream(script("edns: answer"));
  EXPECT_TRUE(ldns_pkt_edns(upstream.response(kEdnsQuery).get()));
  EXPECT_FALSE(ldns_pkt_edns(upstream.response(kQuery).get()));
  upstream.upstream.set("edns", "ignore");
  const Packet ignored = upstream.response(kEdnsQuery);
  EXPECT_FALSE(ldns_pkt_edns(ignored.get()));
  EXPECT_EQ(answers(ignored).size(), 2U);
  upstream.upstream.set("edns", "formerr");
  ASSERT_TRUE(upstream.ask(kEdnsQuery));
  EXPECT_EQ(upstream.reply.octets.size(), kHeaderSize);
  EXPECT_EQ(upstream.reply.octets[3] & 0x0f, LDNS_RCODE_FORMERR);
  EXPECT_EQ(answers(upstream.response(kQuery)).size(), 2U);
  upstream.upstream.set("edns", "badvers");
  EXPECT_EQ(ldns_pkt_edns_extended_rcode(upstream.response(kEdnsQuery).get()), 1);
  upstream.upstream.set("edns", "answer");
  const auto version_1 = edns_query("x.pool.example.", LDNS_RR_TYPE_A, {1232, false, 1});
  EXPECT_EQ(ldns_pkt_edns_extended_rcode(upstream.response(version_1).get()), 1);
}

TEST(SimulatedUpstream, Truncates) {
  UpstreamUnderTest upstream(script("truncate: always"));
  const Packet cut = upstream.response(kEdnsQuery);
  EXPECT_TRUE(ldns_pkt_tc(cut.get()));
  EXPECT_TRUE(ldns_pkt_edns(cut.get()));
  EXPECT_THAT(answers(cut), IsEmpty());
  EXPECT_FALSE(ldns_pkt_tc(upstream.response(kEdnsQuery, Transport::Tcp).get()));

  upstream.upstream.set("truncate", "size");
  std::vector<Record> records;
  for (int i = 0; i < 60; ++i)
    records.push_back(parse_record("big.test. A 192.0.2." + std::to_string(i)));
  upstream.upstream.set_answer(records);
  const auto truncated = [&](const std::vector<std::uint8_t>& query) {
    return ldns_pkt_tc(upstream.response(query).get());
  };
  EXPECT_TRUE(truncated(plain_query("big.test.", LDNS_RR_TYPE_A)));
  EXPECT_TRUE(truncated(edns_query("big.test.", LDNS_RR_TYPE_A, {100, false, 0})));
  EXPECT_FALSE(truncated(edns_query("big.test.", LDNS_RR_TYPE_A)));
  upstream.upstream.set("truncate", "never");
  EXPECT_FALSE(truncated(plain_query("big.test.", LDNS_RR_TYPE_A)));
}

TEST(SimulatedUpstream, BendsTheHeaderAndTheQuestion) {
  UpstreamUnderTest upstream(
      script("id: wrong, qr: false, question: other, duplicate: 3, authentic_data: true"));
  const Packet response = upstream.response(edns_query("x.pool.example.", LDNS_RR_TYPE_A, {1232, true, 0}));
  ASSERT_TRUE(response);
  EXPECT_NE(ldns_pkt_id(response.get()), kTestId);
  EXPECT_FALSE(ldns_pkt_qr(response.get()));
  EXPECT_TRUE(ldns_pkt_ad(response.get()));
  EXPECT_THAT(texts(ldns_pkt_question(response.get())), ElementsAre("y.pool.example. IN A"));
  EXPECT_EQ(upstream.reply.copies, 3U);
  EXPECT_FALSE(ldns_pkt_ad(upstream.response(kQuery).get())) << "neither AD nor DO was asked for";
}

TEST(SimulatedUpstream, MutatesReplies) {
  UpstreamUnderTest clean(script("mutate: 0"));
  UpstreamUnderTest first(script("mutate: 0.5"));
  UpstreamUnderTest again(script("mutate: 0.5"));
  int changed = 0;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(clean.ask(kQuery) && first.ask(kQuery) && again.ask(kQuery));
    EXPECT_EQ(first.reply.octets, again.reply.octets);
    changed += clean.reply.octets != first.reply.octets ? 1 : 0;
  }
  EXPECT_THAT(changed, AllOf(Ge(70), Le(130)));
}

TEST(SimulatedUpstream, SurvivesWhatIsMalformed) {
  UpstreamUnderTest upstream(script("delay: 0"));
  upstream.log.record();
  EXPECT_FALSE(upstream.ask({1, 2, 3}));
  auto response = kQuery;
  response[2] |= 0x80;
  EXPECT_FALSE(upstream.ask(response));
  auto status = kQuery;
  status[2] |= 0x10;
  ASSERT_TRUE(upstream.ask(status));
  EXPECT_EQ(upstream.reply.octets[3] & 0x0f, LDNS_RCODE_NOTIMPL);

  Dice dice(1);
  for (std::size_t size = kHeaderSize; size < kEdnsQuery.size(); ++size) {
    ASSERT_TRUE(upstream.ask({kEdnsQuery.begin(), kEdnsQuery.begin() + static_cast<std::ptrdiff_t>(size)}));
    EXPECT_EQ(upstream.reply.octets[3] & 0x0f, LDNS_RCODE_FORMERR) << size;
  }
  for (int i = 0; i < 20'000; ++i) {
    auto wire = kEdnsQuery;
    for (int flips = 0; flips < 3; ++flips) {
      wire[dice.below(static_cast<std::uint32_t>(wire.size()))] = static_cast<std::uint8_t>(dice.next());
    }
    (void)upstream.ask(wire);
  }
  EXPECT_THAT(upstream.log.take(), HasSubstr("event=malformed"));
}

TEST(SimulatedUpstream, Forges) {
  UpstreamUnderTest upstream(script("dark: true"));
  EXPECT_FALSE(upstream.upstream.forge(ForgedId::Random, 0, upstream.reply));
  EXPECT_FALSE(upstream.ask(kEdnsQuery));
  for (std::uint32_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(upstream.upstream.forge(ForgedId::Wrong, i, upstream.reply));
    EXPECT_NE(ldns_pkt_id(parse(upstream.reply.octets).get()), kTestId);
  }
  ASSERT_TRUE(upstream.upstream.forge(ForgedId::Sequential, 2, upstream.reply));
  EXPECT_EQ(ldns_pkt_id(parse(upstream.reply.octets).get()), kTestId + 3);
  ASSERT_TRUE(upstream.upstream.forge(ForgedId::Right, 0, upstream.reply));
  const Packet forged = parse(upstream.reply.octets);
  EXPECT_EQ(ldns_pkt_id(forged.get()), kTestId);
  EXPECT_THAT(answers(forged), ElementsAre("x.pool.example. 86400 IN A 203.0.113.66"));
}

}  // namespace
}  // namespace pacedns::simulator::test
