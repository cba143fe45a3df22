#include "pacedns/upstream/tcp_transport.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "support/transport_probe.hpp"

namespace pacedns::upstream {
namespace {

using test::id_of;
using test::join;
using test::Octets;
using test::reply_to;
using test::Stream;
using test::StreamAcceptor;
using test::u16;

Octets framed(const Octets& message) {
  return join({u16(message.size()), message});
}

class TcpTransportTest : public testing::Test {
 protected:
  /// Asks as flight `flight` and has it answered.
  void exchange(Stream& stream, std::uint64_t flight) {
    probe_.send(transport_, flight);
    stream.write(framed(reply_to(stream.read())));
    probe_.await_replies(probe_.replies.size() + 1);
  }

  test::TransportProbe probe_;
  StreamAcceptor upstream_{probe_.loop};
  TcpTransport transport_{probe_.context, upstream_.at(), probe_.upstream};
};

TEST_F(TcpTransportTest, SendsTheQueryAsItIsButForItsId) {
  const auto query = test::MessageBuilder("wWw.example.", 65280).id(0).opt(1232, true).wire();
  ASSERT_TRUE(transport_.send({}, query, Spelling::AsIs, steady_now()));
  Octets received = upstream_.accept().read();
  received[0] = received[1] = 0;
  EXPECT_EQ(received, query);
}

// RFC 7766 section 8.
TEST_F(TcpTransportTest, LengthAndQueryLeaveTogether) {
  probe_.send(transport_, 1);
  Stream stream = upstream_.accept();
  probe_.loop.until([&] { return stream.socket().available() > 0; });
  const std::size_t came = stream.socket().available();
  EXPECT_EQ(came, 2 + stream.read().size());
}

TEST_F(TcpTransportTest, AReplyThatHasLostTheLetterCaseIsTakenAndTold) {
  probe_.spelling = Spelling::Random;
  probe_.send(transport_, 7, "abcdefghijklmnopqrstuvwxyz.example.");
  Stream stream = upstream_.accept();
  const Octets query = stream.read();
  Octets lowered(query.size());
  dns::copy_lowered(query, lowered.data());
  std::copy_n(query.begin(), dns::kHeaderSize, lowered.begin());
  ASSERT_NE(lowered, query);
  stream.write(framed(reply_to(lowered)));
  probe_.await_replies(1);
  ASSERT_EQ(probe_.suspicions.size(), 1U);
  EXPECT_EQ(probe_.suspicions[0].key.flight, 7U);
  EXPECT_EQ(probe_.suspicions[0].reason, SuspicionReason::LetterCase);
  EXPECT_EQ(probe_.mismatches(), 0U);
}

TEST_F(TcpTransportTest, QueriesShareAConnectionAndRepliesComeInAnyOrder) {
  constexpr std::uint64_t kCount = 50;
  for (std::uint64_t i = 1; i <= kCount; ++i)
    probe_.send(transport_, i, "n" + std::to_string(i) + ".example.");
  Stream stream = upstream_.accept();
  std::vector<Octets> queries;
  std::set<std::uint16_t> ids;
  for (std::uint64_t i = 1; i <= kCount; ++i) {
    queries.push_back(stream.read());
    ids.insert(id_of(queries.back()));
  }
  EXPECT_EQ(ids.size(), kCount);
  for (auto query = queries.rbegin(); query != queries.rend(); ++query)
    stream.write(framed(reply_to(*query)));
  probe_.await_replies(kCount);
  for (std::uint64_t i = 0; i < kCount; ++i) {
    EXPECT_EQ(probe_.replies[i].flight, kCount - i);
    EXPECT_EQ(probe_.replies[i].message, reply_to(queries[kCount - 1 - i]));
  }
  EXPECT_FALSE(upstream_.another());
}

TEST_F(TcpTransportTest, AReplyMayComeInSingleOctets) {
  probe_.send(transport_, 1);
  Stream stream = upstream_.accept();
  const Octets reply = reply_to(stream.read());
  stream.write_slowly(framed(reply));
  probe_.await_replies(1);
  EXPECT_EQ(probe_.replies[0].message, reply);
}

TEST_F(TcpTransportTest, OneSegmentMayHoldManyReplies) {
  Octets all;
  for (std::uint64_t i = 1; i <= 40; ++i)
    probe_.send(transport_, i);
  Stream stream = upstream_.accept();
  for (int i = 0; i < 40; ++i)
    all = join({all, framed(reply_to(stream.read()))});
  stream.write(all);
  probe_.await_replies(40);
  EXPECT_EQ(probe_.mismatches(), 0U);
}

TEST_F(TcpTransportTest, AReplyMayBeAsLargeAsALengthCanSay) {
  probe_.send(transport_, 1);
  Stream stream = upstream_.accept();
  const Octets query = stream.read();
  const Octets reply = reply_to(query, Octets(65536 - reply_to(query, {0}).size(), 7));
  stream.write(framed(reply));
  probe_.await_replies(1);
  EXPECT_EQ(probe_.replies[0].message, reply);
}

TEST_F(TcpTransportTest, WhatAnswersNothingIsCountedAndTheExchangeGoesOnWaiting) {
  probe_.send(transport_, 1);
  Stream stream = upstream_.accept();
  const Octets reply = reply_to(stream.read());
  Octets wrong_id = reply;
  wrong_id[1] ^= 1;
  Octets other_question = reply;
  other_question[13] ^= 1;
  for (const Octets& each : {wrong_id, other_question, Octets{}, Octets(1), Octets(65535, 0xff)})
    stream.write(framed(each));
  stream.write(framed(reply));
  stream.write(framed(reply));
  probe_.loop.until([&] { return probe_.mismatches() == 6; });
  EXPECT_EQ(probe_.counters.get(metrics::Counter::UpstreamMismatches), 6U) << "of the worker too";
  ASSERT_EQ(probe_.replies.size(), 1U);
  EXPECT_EQ(probe_.replies[0].message, reply);
}

TEST_F(TcpTransportTest, GarbageForALengthEndsWithTheConnection) {
  probe_.send(transport_, 1);
  Stream stream = upstream_.accept();
  (void)stream.read();
  stream.write(test::octets("HTTP/1.1 400 Bad Request\r\n\r\n"));
  stream.finish();
  probe_.await_failures(1);
  EXPECT_EQ(probe_.failures[0].error, boost::asio::error::eof);
  EXPECT_TRUE(probe_.replies.empty());
}

TEST_F(TcpTransportTest, ARefusedConnectionFailsAllThatWaitForIt) {
  upstream_.close();
  for (std::uint64_t i = 1; i <= 3; ++i)
    probe_.send(transport_, i);
  EXPECT_TRUE(probe_.failures.empty()) << "never before `send` has returned";
  probe_.await_failures(3);
  EXPECT_EQ(probe_.failed(), (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(probe_.failures[0].error, boost::asio::error::connection_refused);
}

TEST_F(TcpTransportTest, AfterAFailureTheNextQueryConnectsAgain) {
  probe_.send(transport_, 1);
  upstream_.accept().reset();
  probe_.await_failures(1);
  probe_.send(transport_, 2);
  Stream stream = upstream_.accept();
  stream.write(framed(reply_to(stream.read())));
  probe_.await_replies(1);
  EXPECT_EQ(probe_.replies[0].flight, 2U);
}

TEST_F(TcpTransportTest, AConnectionIsReusedAndReplacedWhenTheUpstreamClosesIt) {
  probe_.send(transport_, 1);
  Stream stream = upstream_.accept();
  stream.write(framed(reply_to(stream.read())));
  probe_.await_replies(1);
  exchange(stream, 2);
  EXPECT_FALSE(upstream_.another());
  stream.close();
  probe_.loop.settle();
  probe_.send(transport_, 3);
  Stream second = upstream_.accept();
  second.write(framed(reply_to(second.read())));
  probe_.await_replies(3);
  EXPECT_TRUE(probe_.failures.empty());
}

TEST_F(TcpTransportTest, OnAFreshConnectionThatDiesTheQueryFails) {
  probe_.send(transport_, 1);
  Stream stream = upstream_.accept();
  (void)stream.read();
  stream.close();
  probe_.await_failures(1);
  EXPECT_EQ(probe_.failed(), std::vector<std::uint64_t>{1});
  EXPECT_FALSE(upstream_.another());
}

TEST_F(TcpTransportTest, OnAReusedConnectionThatDiesTheQueryIsSentOnceMore) {
  probe_.send(transport_, 1);
  Stream first = upstream_.accept();
  first.write(framed(reply_to(first.read())));
  probe_.await_replies(1);
  probe_.send(transport_, 2, "two.example.");
  probe_.send(transport_, 3, "three.example.");
  (void)first.read();
  (void)first.read();
  first.reset();

  Stream second = upstream_.accept();
  const Octets query = second.read();
  (void)second.read();
  second.write(framed(reply_to(query)));
  probe_.await_replies(2);
  second.close();  // reused by now, too
  probe_.await_failures(1);
  EXPECT_EQ(probe_.replies[1].flight + probe_.failures[0].flight, 5U) << "each has ended once";
  EXPECT_FALSE(upstream_.another());
}

TEST_F(TcpTransportTest, ACancelledExchangeIsNeitherHeardOfNorSentAgain) {
  probe_.send(transport_, 1);
  Stream stream = upstream_.accept();
  stream.write(framed(reply_to(stream.read())));
  probe_.await_replies(1);
  const auto ticket = probe_.send(transport_, 2);
  const Octets query = stream.read();
  transport_.cancel(ticket);
  transport_.cancel(ticket);
  transport_.cancel(ticket + 1);
  stream.write(framed(reply_to(query)));
  probe_.loop.until([&] { return probe_.mismatches() == 1; });
  stream.reset();
  probe_.loop.settle();
  EXPECT_EQ(probe_.replies.size(), 1U);
  EXPECT_TRUE(probe_.failures.empty());
  EXPECT_FALSE(upstream_.another());
}

TEST_F(TcpTransportTest, ASilentUpstreamIsWaitedForUntilCancelled) {
  const auto ticket = probe_.send(transport_, 1);
  Stream stream = upstream_.accept();
  (void)stream.read();
  transport_.cancel(ticket);
  probe_.loop.settle();
  EXPECT_TRUE(probe_.replies.empty() && probe_.failures.empty());
  exchange(stream, 2);
  EXPECT_EQ(probe_.replies[0].flight, 2U);
}

TEST_F(TcpTransportTest, AsksOverIpv6) {
  if (!test::ipv6_there()) GTEST_SKIP() << "no IPv6 here";
  StreamAcceptor upstream(probe_.loop, test::loopback("::1"));
  TcpTransport transport(probe_.context, upstream.at(), probe_.upstream);
  probe_.send(transport, 1);
  Stream stream = upstream.accept();
  stream.write(framed(reply_to(stream.read())));
  probe_.await_replies(1);
}

}  // namespace
}  // namespace pacedns::upstream
