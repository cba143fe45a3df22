#include "pacedns/net/connected_datagrams.hpp"

#include <netinet/in.h>

#include <array>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "support/loopback.hpp"

// The host that loses its address is in the integration tests: it takes a network of its own.

namespace pacedns::net {
namespace {

using boost::asio::ip::udp;
using boost::system::error_code;
using test::Datagrams;
using test::Octets;
namespace errc = boost::system::errc;

class ConnectedDatagramsTest : public testing::Test {
 protected:
  ConnectedDatagramsTest() { connect_to(peer_.at()); }

  void connect_to(const Endpoint& peer) {
    socket_ = udp::socket(loop_.io, peer.udp().protocol());
    EXPECT_FALSE(report_all_icmp_errors(socket_));
    socket_.connect(peer.udp());
  }

  /// To a port where nobody listens.
  void connect_to_nobody() {
    Datagrams nobody(loop_);
    connect_to(nobody.at());
  }

  SendOutcome send(std::vector<Octets> datagrams) {
    std::vector<iovec> parts;
    std::vector<mmsghdr> messages(datagrams.size());
    parts.reserve(datagrams.size());
    for (std::size_t i = 0; i < datagrams.size(); ++i) {
      parts.push_back({datagrams[i].data(), datagrams[i].size()});
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      if (i == foreign_) messages[i].msg_hdr = with_foreign_source(messages[i].msg_hdr);
    }
    return send_connected(socket_, messages);
  }

  /// The host does not have the address that it is to be sent from (RFC 5737).
  msghdr with_foreign_source(msghdr message) {
    in_pktinfo source{};
    source.ipi_spec_dst.s_addr = htonl(0xc0000201);
    message.msg_control = control_.data();
    message.msg_controllen = control_.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_IP;
    header->cmsg_type = IP_PKTINFO;
    header->cmsg_len = CMSG_LEN(sizeof(source));
    std::memcpy(CMSG_DATA(header), &source, sizeof(source));
    return message;
  }

  std::vector<Datagrams::Received> arrived() {
    std::vector<Datagrams::Received> all;
    while (auto each = peer_.take())
      all.push_back(*std::move(each));
    return all;
  }

  std::vector<Octets> contents() {
    std::vector<Octets> all;
    for (auto& each : arrived())
      all.push_back(std::move(each.message));
    return all;
  }

  test::EventLoop loop_;
  Datagrams peer_{loop_};
  udp::socket socket_{loop_.io};
  std::size_t foreign_ = SIZE_MAX;
  alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(in_pktinfo))> control_{};
};

TEST_F(ConnectedDatagramsTest, AllLeaveInOrder) {
  const std::vector<Octets> datagrams{{1}, {2, 2}, {3}};
  const SendOutcome outcome = send(datagrams);
  EXPECT_TRUE(outcome.failures.empty());
  EXPECT_FALSE(outcome.news);
  EXPECT_EQ(contents(), datagrams);
  EXPECT_TRUE(send({}).failures.empty());
}

TEST_F(ConnectedDatagramsTest, AClosedPortIsNewsOfWhatHasLeft) {
  connect_to_nobody();
  SendOutcome outcome = send({{1}});
  EXPECT_FALSE(outcome.news);
  outcome = send({{2}});
  EXPECT_TRUE(outcome.failures.empty());
  EXPECT_EQ(outcome.news, errc::connection_refused);
  EXPECT_EQ(outcome.unaware, 0U) << "it has left since";
}

TEST_F(ConnectedDatagramsTest, QueuedErrorsAreTakenTogether) {
  connect_to_nobody();
  error_code ignored;
  for (std::uint8_t i = 0; i < 3; ++i)
    socket_.send(boost::asio::buffer(&i, 1), 0, ignored);
  EXPECT_EQ(take_queued_error(socket_), errc::connection_refused);
  EXPECT_FALSE(take_queued_error(socket_));
}

TEST_F(ConnectedDatagramsTest, OneThatIsTooLongFailsAlone) {
  const SendOutcome outcome = send({{1}, Octets(66000), {3}});
  ASSERT_EQ(outcome.failures.size(), 1U);
  EXPECT_EQ(outcome.failures[0].first, 1U);
  EXPECT_EQ(outcome.failures[0].second, errc::message_size);
  EXPECT_FALSE(outcome.news);
  EXPECT_EQ(contents(), (std::vector<Octets>{{1}, {3}}));
}

TEST_F(ConnectedDatagramsTest, WhereNothingMayLeaveEachFailsOnce) {
  socket_.shutdown(udp::socket::shutdown_send);
  const SendOutcome outcome = send({{1}, {2}, {3}});
  ASSERT_EQ(outcome.failures.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(outcome.failures[i].first, i);
    EXPECT_EQ(outcome.failures[i].second, errc::broken_pipe);
  }
  EXPECT_FALSE(outcome.news);
}

TEST_F(ConnectedDatagramsTest, WithoutItsAddressTheSocketIsConnectedAnew) {
  const auto before = socket_.local_endpoint();
  foreign_ = 1;
  const SendOutcome outcome = send({{1}, {2}, {3}});
  const auto received = arrived();
  ASSERT_EQ(received.size(), 2U);
  EXPECT_EQ(received[0].from, before);
  EXPECT_EQ(received[1].from, socket_.local_endpoint());
  EXPECT_NE(received[1].from, before);
  EXPECT_EQ(socket_.remote_endpoint(), peer_.at().udp());
  ASSERT_EQ(outcome.failures.size(), 1U) << "this one has no other address to leave from";
  EXPECT_EQ(outcome.failures[0].first, 1U);
}

}  // namespace
}  // namespace pacedns::net
