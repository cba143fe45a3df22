#include "pacedns/upstream/udp_transport.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/transport_probe.hpp"

namespace pacedns::upstream {
namespace {

using test::Datagrams;
using test::Octets;
using test::reply_to;

class UdpTransportTest : public testing::Test {
 protected:
  test::TransportProbe probe_;
  Datagrams upstream_{probe_.loop};
  UdpTransport transport_{probe_.context, upstream_.at(), probe_.upstream};
};

TEST_F(UdpTransportTest, SendsTheQueryAsItIsButForItsId) {
  const auto query = test::MessageBuilder("wWw.example.", 65280).id(0).opt(1232, true).wire();
  ASSERT_TRUE(transport_.send({}, query, Spelling::AsIs, steady_now()));
  Octets received = upstream_.receive().message;
  received[0] = received[1] = 0;
  EXPECT_EQ(received, query);
}

TEST_F(UdpTransportTest, AReplyComesWithItsKey) {
  const auto query = test::MessageBuilder("www.example.").wire();
  std::optional<ExchangeKey> ended;
  probe_.then = [&](const ExchangeKey& key) { ended = key; };
  ASSERT_TRUE(transport_.send({.flight = 1ULL << 60, .position = 63, .transmission = 9}, query,
                              Spelling::AsIs, steady_now()));
  const auto received = upstream_.receive();
  const Octets reply = reply_to(received.message);
  upstream_.send(reply, received.from);
  probe_.await_replies(1);
  EXPECT_EQ(ended->flight, 1ULL << 60);
  EXPECT_EQ(ended->position, 63);
  EXPECT_EQ(ended->transmission, 9);
  EXPECT_EQ(probe_.replies[0].message, reply);
  EXPECT_EQ(probe_.counters.get(metrics::Counter::UpstreamReplies), 1U);
  EXPECT_EQ(probe_.mismatches(), 0U);
}

TEST_F(UdpTransportTest, RepliesMayComeInAnyOrder) {
  constexpr std::uint64_t kCount = 200;
  std::vector<Datagrams::Received> received;
  for (std::uint64_t i = 1; i <= kCount; ++i) {
    probe_.send(transport_, i, "n" + std::to_string(i) + ".example.");
    received.push_back(upstream_.receive());
  }
  for (auto each = received.rbegin(); each != received.rend(); ++each)
    upstream_.send(reply_to(each->message), each->from);
  probe_.await_replies(kCount);
  probe_.loop.settle();
  ASSERT_EQ(probe_.replies.size(), kCount);
  std::map<std::uint64_t, Octets> of_flight;
  for (const auto& reply : probe_.replies)
    of_flight[reply.flight] = reply.message;
  for (std::uint64_t i = 1; i <= kCount; ++i)
    EXPECT_EQ(of_flight[i], reply_to(received[i - 1].message));
}

TEST_F(UdpTransportTest, ALargeReplyIsNotCut) {
  for (const std::size_t more : {1232U, 4096U, 60000U}) {
    probe_.send(transport_, 1);
    const auto received = upstream_.receive();
    const Octets reply = reply_to(received.message, Octets(more, 7));
    upstream_.send(reply, received.from);
    probe_.await_replies(1);
    EXPECT_EQ(probe_.replies.back().message, reply);
    probe_.replies.clear();
  }
}

TEST_F(UdpTransportTest, NobodyElseCanAnswer) {
  Datagrams other_port(probe_.loop);
  Datagrams other_address(probe_.loop, test::loopback("127.0.0.2", upstream_.at().port));
  probe_.send(transport_, 1);
  const auto received = upstream_.receive();
  for (Datagrams* attacker : {&other_port, &other_address}) {
    attacker->send(reply_to(received.message), received.from);
    probe_.loop.settle();
  }
  EXPECT_TRUE(probe_.replies.empty());
  const Octets genuine = reply_to(received.message, {1});
  upstream_.send(genuine, received.from);
  probe_.await_replies(1);
  probe_.loop.settle();
  ASSERT_EQ(probe_.replies.size(), 1U);
  EXPECT_EQ(probe_.replies[0].message, genuine);
}

TEST_F(UdpTransportTest, AMismatchIsCountedAndTheExchangeGoesOnWaiting) {
  probe_.send(transport_, 1);
  const auto received = upstream_.receive();
  const Octets reply = reply_to(received.message);
  Octets wrong_id = reply;
  wrong_id[0] ^= 0x80;
  Octets other_question = reply;
  other_question[13] ^= 1;
  Octets not_a_response = reply;
  not_a_response[2] &= 0x7f;
  const Octets mismatches[] = {wrong_id,
                               other_question,
                               not_a_response,
                               {},
                               {1},
                               Octets(12, 0xff),
                               Octets(reply.begin(), reply.end() - 1),
                               Octets(60000, 0xc0)};
  for (const Octets& each : mismatches)
    upstream_.send(each, received.from);
  upstream_.send(reply, received.from);
  probe_.await_replies(1);
  EXPECT_EQ(probe_.mismatches(), std::size(mismatches));
  EXPECT_EQ(probe_.counters.get(metrics::Counter::UpstreamMismatches), std::size(mismatches));
  EXPECT_EQ(probe_.replies[0].message, reply);
  EXPECT_TRUE(probe_.failures.empty());
}

TEST_F(UdpTransportTest, ASecondReplyIsAMismatch) {
  probe_.send(transport_, 1);
  const auto received = upstream_.receive();
  upstream_.send(reply_to(received.message), received.from);
  upstream_.send(reply_to(received.message), received.from);
  probe_.loop.until([&] { return probe_.mismatches() == 1; });
  EXPECT_EQ(probe_.replies.size(), 1U);
}

TEST_F(UdpTransportTest, ALateReplyIsNotTakenForTheNextQueryWithItsId) {
  const auto ticket = probe_.send(transport_, 1, "old.example.");
  const auto received = upstream_.receive();
  transport_.cancel(ticket);
  probe_.send(transport_, 2, "new.example.");
  const auto next = upstream_.receive();
  // To the new query's socket, under the new query's ID, the old question.
  Octets late = reply_to(received.message);
  late[0] = next.message[0];
  late[1] = next.message[1];
  upstream_.send(late, next.from);
  upstream_.send(reply_to(next.message), next.from);
  probe_.await_replies(1);
  EXPECT_EQ(probe_.mismatches(), 1U);
  ASSERT_EQ(probe_.replies.size(), 1U);
  EXPECT_EQ(probe_.replies[0].flight, 2U);
  EXPECT_EQ(probe_.replies[0].message, reply_to(next.message));
}

TEST_F(UdpTransportTest, ACancelledExchangeIsNotHeardOfAgain) {
  const auto ticket = probe_.send(transport_, 1);
  const auto cancelled = upstream_.receive();
  transport_.cancel(ticket);
  upstream_.send(reply_to(cancelled.message), cancelled.from);
  transport_.cancel(ticket);
  transport_.cancel(ticket + 1);
  transport_.cancel(~Transport::Ticket{0});
  probe_.send(transport_, 2);
  const auto received = upstream_.receive();
  upstream_.send(reply_to(received.message), received.from);
  probe_.await_replies(1);
  probe_.loop.settle();
  ASSERT_EQ(probe_.replies.size(), 1U);
  EXPECT_EQ(probe_.replies[0].flight, 2U);
}

TEST_F(UdpTransportTest, ACallbackMaySendAndCancel) {
  std::vector<Transport::Ticket> tickets;
  for (std::uint64_t i = 1; i <= 64; ++i)
    tickets.push_back(probe_.send(transport_, i));
  // The first reply ends all the others, and asks one more question.
  probe_.then = [&](const ExchangeKey&) {
    for (const auto ticket : tickets)
      transport_.cancel(ticket);
    if (probe_.replies.size() == 1) probe_.send(transport_, 100);
  };
  std::vector<Datagrams::Received> received;
  for (int i = 0; i < 64; ++i)
    received.push_back(upstream_.receive());
  for (const auto& each : received)
    upstream_.send(reply_to(each.message), each.from);
  const auto next = upstream_.receive();
  upstream_.send(reply_to(next.message), next.from);
  probe_.await_replies(2);
  probe_.loop.settle();
  ASSERT_EQ(probe_.replies.size(), 2U);
  EXPECT_EQ(probe_.replies[1].flight, 100U);
}

TEST_F(UdpTransportTest, AsksAndHearsOverIpv6) {
  if (!test::ipv6_there()) GTEST_SKIP() << "no IPv6 here";
  Datagrams upstream(probe_.loop, test::loopback("::1"));
  UdpTransport transport(probe_.context, upstream.at(), probe_.upstream);
  probe_.send(transport, 6);
  const auto received = upstream.receive();
  upstream.send(reply_to(received.message), received.from);
  probe_.await_replies(1);
  EXPECT_EQ(probe_.replies[0].flight, 6U);
}

}  // namespace
}  // namespace pacedns::upstream
