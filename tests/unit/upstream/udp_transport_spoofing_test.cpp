#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pacedns/dns/presentation.hpp"
#include "pacedns/upstream/udp_transport.hpp"

#include "support/loopback.hpp"
#include "support/transport_probe.hpp"

// How hard our queries are to forge replies to (RFC 5452), and what becomes of forgeries.

namespace pacedns::upstream {
namespace {

using metrics::Counter;
using test::Datagrams;
using test::Octets;
using test::reply_to;

class UdpTransportSpoofing : public testing::Test {
 protected:
  test::TransportProbe probe_;
  Datagrams upstream_{probe_.loop};
  UdpTransport transport_{probe_.context, upstream_.at(), probe_.upstream};
  /// The reply is right but for the letter case.
  void lose_case(const Datagrams::Received& received) {
    Octets lowered = received.message;
    dns::copy_lowered(received.message, lowered.data());
    std::copy_n(received.message.begin(), dns::kHeaderSize, lowered.begin());
    upstream_.send(reply_to(lowered), received.from);
  }
};

/// In bits, from how often two samples are the same: 2^-H of all pairs (Renyi entropy of order 2, which is
/// never above Shannon's).
template <typename T>
double collision_entropy(const std::vector<T>& samples) {
  std::map<T, double> counts;
  for (const T& sample : samples)
    ++counts[sample];
  double collisions = 0;
  for (const auto& [value, count] : counts)
    collisions += count * (count - 1) / 2;
  const auto size = static_cast<double>(samples.size());
  return std::log2(size * (size - 1) / 2 / std::max(collisions, 1.0));
}

/// Of each sample with the one after it; about 0 for samples that know nothing of each other.
double serial_correlation(const std::vector<std::uint16_t>& samples) {
  double mean = 0;
  for (const double sample : samples)
    mean += sample / static_cast<double>(samples.size());
  double product = 0, variance = 0;
  for (std::size_t i = 0; i + 1 < samples.size(); ++i) {
    product += (samples[i] - mean) * (samples[i + 1] - mean);
    variance += (samples[i] - mean) * (samples[i] - mean);
  }
  return product / variance;
}

TEST_F(UdpTransportSpoofing, IdAndPortTogetherHaveAtLeast28Bits) {
  constexpr unsigned kQueries = 100000;
  std::vector<std::uint16_t> ids, ports;  // ports: of the sockets, in the order of their first query
  std::set<std::uint16_t> open;
  for (unsigned i = 0; i < kQueries; ++i) {
    probe_.send(transport_, i + 1);
    const auto received = upstream_.receive();
    ids.push_back(test::id_of(received.message));
    const std::uint16_t port = received.from.port();
    if (open.insert(port).second) ports.push_back(port);
    // As far as can be told from outside: a port that comes again much later is a new socket's.
    if (i % 1000 == 999) open.clear();
    upstream_.send(reply_to(received.message), received.from);
    probe_.await_replies(1);
    probe_.replies.clear();
  }
  const double id_bits = collision_entropy(ids);
  const double port_bits = collision_entropy(ports);
  RecordProperty("id_bits", std::to_string(id_bits));
  RecordProperty("port_bits", std::to_string(port_bits));
  std::printf("ID: %.2f bits, port: %.2f bits, from %zu sockets\n", id_bits, port_bits, ports.size());
  EXPECT_GT(ports.size(), kQueries / 64U);
  EXPECT_GE(id_bits, 15.9);
  EXPECT_GE(id_bits + port_bits, 28.0);
  EXPECT_LT(std::abs(serial_correlation(ids)), 0.02);
  EXPECT_LT(std::abs(serial_correlation(ports)), 0.1);
}

TEST_F(UdpTransportSpoofing, EachTransmissionIsSpelledAnew) {
  probe_.spelling = Spelling::Random;
  const std::string name = "abcdefghijklmnopqrstuvwxyz.example.";
  std::set<std::string> spellings;
  for (std::uint64_t i = 0; i < 100; ++i) {
    probe_.send(transport_, i, name, static_cast<std::uint16_t>(i));
    const auto received = upstream_.receive();
    spellings.insert(dns::name_to_text(dns::read_question(received.message)->name()));
    upstream_.send(reply_to(received.message), received.from);
  }
  probe_.await_replies(100);
  EXPECT_EQ(spellings.size(), 100U);
}

TEST_F(UdpTransportSpoofing, AReplyInAnotherLetterCaseIsSuspectedAndTheRightOneTaken) {
  probe_.spelling = Spelling::Random;
  probe_.send(transport_, 7, "abcdefghijklmnopqrstuvwxyz.example.");
  const auto received = upstream_.receive();
  lose_case(received);
  probe_.loop.until([&] { return !probe_.suspicions.empty(); });
  EXPECT_EQ(probe_.suspicions[0].key.flight, 7U);
  EXPECT_EQ(probe_.suspicions[0].reason, SuspicionReason::LetterCase);
  EXPECT_EQ(probe_.mismatches(), 1U);
  upstream_.send(reply_to(received.message), received.from);
  probe_.await_replies(1);
}

TEST_F(UdpTransportSpoofing, APortThatWasFoundIsGivenUp) {
  probe_.spelling = Spelling::Random;
  std::set<std::uint16_t> found;
  std::vector<Transport::Ticket> tickets;  // as long as somebody waits on it, nobody else has the port
  for (std::uint64_t i = 0; i < 50; ++i) {
    tickets.push_back(probe_.send(transport_, i, "abcdefghijklmnopqrstuvwxyz.example."));
    const auto received = upstream_.receive();
    EXPECT_TRUE(found.insert(received.from.port()).second);
    lose_case(received);
    probe_.loop.until([&] { return probe_.suspicions.size() == i + 1; });
  }
  for (const auto ticket : tickets)
    transport_.cancel(ticket);
  EXPECT_LE(transport_.socket_count(), 4U) << "what nobody waits on is closed";
}

TEST_F(UdpTransportSpoofing, WhileSomeWaitOnPortsThatWereFoundSocketsAreBounded) {
  probe_.spelling = Spelling::Random;
  constexpr std::uint64_t kMaxSockets = 256;
  for (std::uint64_t i = 0; i < 2 * kMaxSockets; ++i) {
    probe_.send(transport_, i, "abcdefghijklmnopqrstuvwxyz.example.");
    lose_case(upstream_.receive());
    probe_.loop.until([&] { return probe_.suspicions.size() == i + 1; });
  }
  EXPECT_LE(transport_.socket_count(), kMaxSockets + 4) << "with those for new queries";
}

TEST_F(UdpTransportSpoofing, ForgeriesByTheThousandChangeNothingAndAreCountedAndSuspectedOnce) {
  constexpr unsigned kForgeries = 10000;
  probe_.send(transport_, 7);
  const auto received = upstream_.receive();
  const std::uint16_t id = test::id_of(received.message);
  for (unsigned i = 1; i <= kForgeries; ++i) {
    Octets forged = reply_to(received.message);
    dns::store_u16(forged, 0, static_cast<std::uint16_t>(id + i));
    upstream_.send(forged, received.from);
    // No more than the socket's buffer holds.
    if (i % 50 == 0) probe_.loop.until([&] { return probe_.mismatches() == i; });
  }
  EXPECT_EQ(probe_.mismatches(), kForgeries);
  ASSERT_EQ(probe_.suspicions.size(), 1U);
  EXPECT_EQ(probe_.suspicions[0].reason, SuspicionReason::NearMisses);
  EXPECT_TRUE(probe_.replies.empty());
  upstream_.send(reply_to(received.message), received.from);
  probe_.await_replies(1);
  EXPECT_EQ(probe_.counters.get(Counter::UpstreamReplies), 1U);
}

}  // namespace
}  // namespace pacedns::upstream
