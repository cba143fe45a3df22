#include "pacedns/app/upstream_probe.hpp"

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

#include "pacedns/dns/message_view.hpp"

#include "support/loopback.hpp"
#include "support/message_builder.hpp"

namespace pacedns::app {
namespace {

using namespace std::chrono_literals;
using test::MessageBuilder;
using test::Octets;
using upstream::Protocol;
using upstream::ServerOptions;

ServerOptions server(const net::Endpoint& endpoint, Protocol protocol = Protocol::Udp) {
  return {.protocol = protocol, .endpoint = endpoint, .name = "A"};
}

MessageBuilder reply_to(const Octets& query, dns::Rcode rcode = dns::Rcode::NoError) {
  MessageBuilder reply(".", dns::RrType::Ns);
  reply.id(dns::load_u16(query, 0)).response(rcode);
  return reply;
}

class UpstreamProbeTest : public testing::Test {
 protected:
  void run(UpstreamProbe& probe) {
    loop_.until([&] { return probe.finished(); });
  }

  /// The upstream's port, closed.
  net::Endpoint nobody(Protocol protocol) {
    if (protocol == Protocol::Udp) return test::Datagrams(loop_).at();
    return test::StreamAcceptor(loop_).at();
  }

  test::EventLoop loop_;
};

TEST_F(UpstreamProbeTest, AsksForTheServersOfTheRootWithRecursion) {
  test::Datagrams upstream(loop_);
  const UpstreamProbe probe(loop_.io, {server(upstream.at())});
  const Octets query = upstream.receive().message;
  const auto view = dns::MessageView::parse(query).value();
  EXPECT_TRUE(view.question().is(dns::RrType::Ns));
  EXPECT_EQ(view.question().name().size(), 1U) << "the root";
  EXPECT_TRUE(view.header().has(dns::kRd));
  EXPECT_FALSE(view.header().has(dns::kQr));
  EXPECT_FALSE(view.opt());
  EXPECT_FALSE(probe.finished());
}

TEST_F(UpstreamProbeTest, IdsAreRandom) {
  test::Datagrams upstream(loop_);
  std::set<std::uint16_t> ids;
  for (int i = 0; i < 8; ++i) {
    const UpstreamProbe probe(loop_.io, {server(upstream.at())});
    ids.insert(dns::load_u16(upstream.receive().message, 0));
  }
  EXPECT_GT(ids.size(), 1U);
}

TEST_F(UpstreamProbeTest, TellsTheRcodeOfAReplyOverUdp) {
  test::Datagrams upstream(loop_);
  UpstreamProbe probe(loop_.io, {server(upstream.at())});
  const auto query = upstream.receive();
  upstream.send(reply_to(query.message, dns::Rcode::Refused).wire(), query.from);
  run(probe);
  EXPECT_EQ(probe.outcomes()[0].rcode, dns::Rcode::Refused);
  EXPECT_GT(probe.outcomes()[0].took, 0ns);
}

TEST_F(UpstreamProbeTest, TellsTheRcodeOfAReplyOverTcp) {
  test::StreamAcceptor upstream(loop_);
  UpstreamProbe probe(loop_.io, {server(upstream.at(), Protocol::Tcp)});
  test::Stream stream = upstream.accept();
  stream.write(reply_to(stream.read(), dns::Rcode::ServFail).frame());
  run(probe);
  EXPECT_EQ(probe.outcomes()[0].rcode, dns::Rcode::ServFail);
}

TEST_F(UpstreamProbeTest, AsksAllAtOnceAndTellsThemApart) {
  test::Datagrams first(loop_), second(loop_);
  UpstreamProbe probe(loop_.io, {server(first.at()), server(nobody(Protocol::Udp)), server(second.at())});
  const auto to_first = first.receive();
  const auto to_second = second.receive();
  second.send(reply_to(to_second.message, dns::Rcode::NxDomain).wire(), to_second.from);
  first.send(reply_to(to_first.message).wire(), to_first.from);
  run(probe);
  const auto outcomes = probe.outcomes();
  EXPECT_EQ(outcomes[0].rcode, dns::Rcode::NoError);
  EXPECT_EQ(outcomes[1].error, boost::asio::error::connection_refused);
  EXPECT_EQ(outcomes[2].rcode, dns::Rcode::NxDomain);
}

TEST_F(UpstreamProbeTest, AClosedPortIsAnErrorAtOnce) {
  for (const Protocol protocol : {Protocol::Udp, Protocol::Tcp}) {
    UpstreamProbe probe(loop_.io, {server(nobody(protocol), protocol)});
    run(probe);
    EXPECT_EQ(probe.outcomes()[0].error, boost::asio::error::connection_refused);
    EXPECT_EQ(to_string(probe.outcomes()[0], 2s), "Connection refused");
  }
}

TEST_F(UpstreamProbeTest, AConnectionThatEndsIsAnError) {
  test::StreamAcceptor upstream(loop_);
  UpstreamProbe probe(loop_.io, {server(upstream.at(), Protocol::Tcp)});
  test::Stream stream = upstream.accept();
  (void)stream.read();
  stream.finish();
  run(probe);
  EXPECT_EQ(to_string(probe.outcomes()[0], 2s), "the connection was closed without a reply");
}

TEST_F(UpstreamProbeTest, WhatDoesNotMatchIsCountedAndTheReplyStillCounts) {
  test::Datagrams upstream(loop_);
  UpstreamProbe probe(loop_.io, {server(upstream.at())});
  const auto query = upstream.receive();
  const auto id = dns::load_u16(query.message, 0);
  upstream.send(reply_to(query.message).id(id ^ 1).wire(), query.from);
  upstream.send(MessageBuilder("example.", dns::RrType::Ns).id(id).response().wire(), query.from);
  loop_.until([&] { return probe.outcomes()[0].mismatches == 2; });
  EXPECT_FALSE(probe.finished());
  EXPECT_EQ(to_string(probe.outcomes()[0], 2s), "no reply within 2 s, only 2 that did not match the query");
  upstream.send(reply_to(query.message).wire(), query.from);
  run(probe);
  EXPECT_EQ(probe.outcomes()[0].rcode, dns::Rcode::NoError);
}

TEST_F(UpstreamProbeTest, ItMayEndWhileQueriesAreUnderWay) {
  test::Datagrams upstream(loop_);
  test::StreamAcceptor stream_upstream(loop_);
  {
    const UpstreamProbe probe(loop_.io, {server(upstream.at()), server(stream_upstream.at(), Protocol::Tcp)});
    (void)upstream.receive();
  }
  loop_.settle();
}

TEST_F(UpstreamProbeTest, PatienceIsBounded) {
  const test::Datagrams upstream(loop_);
  const auto outcomes = probe_upstreams({server(upstream.at())}, 1ms);
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_FALSE(outcomes[0].over());
  EXPECT_EQ(to_string(outcomes[0], 2s), "no reply within 2 s");
  EXPECT_EQ(to_string(outcomes[0], 1500ms), "no reply within 1.5 s");
}

TEST_F(UpstreamProbeTest, NobodyIsWaitedForOnceAllAreOver) {
  const auto outcomes = probe_upstreams(
      {server(nobody(Protocol::Udp)), server(nobody(Protocol::Tcp), Protocol::Tcp)}, std::chrono::hours(1));
  for (const ProbeOutcome& outcome : outcomes)
    EXPECT_EQ(outcome.error, boost::asio::error::connection_refused);
}

TEST(ProbeOutcome, TellsRcodeAndTime) {
  EXPECT_EQ(to_string({.rcode = dns::Rcode::NoError, .took = 12345us}, 2s), "NOERROR in 12.3 ms");
  EXPECT_EQ(to_string({.rcode = dns::Rcode::NxDomain, .took = 1s}, 2s), "NXDOMAIN in 1000.0 ms");
}

TEST(ProbeOutcome, TellsWhatTheNetworkSaid) {
  EXPECT_EQ(to_string({.error = boost::asio::error::network_unreachable}, 2s), "Network is unreachable");
}

}  // namespace
}  // namespace pacedns::app
