#include "pacedns/net/send_queue.hpp"

#include <sys/socket.h>

#include <array>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "pacedns/net/datagram_batch.hpp"
#include "pacedns/net/listening_socket.hpp"

#include "support/loopback.hpp"

namespace pacedns::net {
namespace {

using test::Datagrams;
using test::EventLoop;
using test::Octets;

class SendQueueTest : public testing::Test {
 protected:
  [[nodiscard]] int handle() { return socket_.native_handle(); }
  [[nodiscard]] Endpoint at() const {
    return {socket_.local_endpoint().address(), socket_.local_endpoint().port()};
  }

  /// What a reply to `client` needs. On loopback a datagram is there when the call that sent it returns.
  [[nodiscard]] UdpPeer peer_of(Datagrams& client, const Endpoint& asked) {
    client.send({1}, asked);
    EXPECT_EQ(batch_.receive(handle()).value(), 1U);
    return batch_.peer(0);
  }
  [[nodiscard]] UdpPeer peer_of(Datagrams& client) { return peer_of(client, at()); }

  /// A source that a spoofed query may have, and that nothing can be sent to.
  [[nodiscard]] UdpPeer port_zero() {
    UdpPeer peer = peer_of(client_);
    peer.remote.v4.sin_port = 0;
    return peer;
  }

  EventLoop loop_;
  boost::asio::ip::udp::socket socket_ = open_udp(loop_.io, test::loopback()).value();
  Datagrams client_{loop_};
  DatagramBatch batch_;
  SendQueue queue_;
};

TEST_F(SendQueueTest, AnEmptyQueueSendsNothing) {
  EXPECT_TRUE(queue_.empty());
  EXPECT_FALSE(queue_.full());
  EXPECT_EQ(queue_.flush(handle()), 0U);
  EXPECT_EQ(queue_.flush(-1), 0U);
}

TEST_F(SendQueueTest, NothingLeavesBeforeTheFlushAndThenAllInOrder) {
  const UdpPeer peer = peer_of(client_);
  for (std::size_t i = 0; i < 9; ++i)
    queue_.push(peer, test::u16(i));
  EXPECT_FALSE(queue_.empty());
  EXPECT_FALSE(client_.take());
  EXPECT_EQ(queue_.flush(handle()), 0U);
  EXPECT_TRUE(queue_.empty());
  for (std::size_t i = 0; i < 9; ++i)
    EXPECT_EQ(client_.receive().message, test::u16(i));
  EXPECT_FALSE(client_.take());
}

TEST_F(SendQueueTest, IsFullWithAsManyAsThereAreSlotsAndThenReused) {
  const UdpPeer peer = peer_of(client_);
  for (std::size_t round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < SendQueue::kSlots; ++i) {
      EXPECT_FALSE(queue_.full());
      queue_.push(peer, test::u16(round * 1000 + i));
    }
    EXPECT_TRUE(queue_.full());
    EXPECT_EQ(queue_.flush(handle()), 0U);
    EXPECT_TRUE(queue_.empty());
    for (std::size_t i = 0; i < SendQueue::kSlots; ++i)
      EXPECT_EQ(client_.receive().message, test::u16(round * 1000 + i));
  }
  EXPECT_EQ(queue_.flush(handle()), 0U);
  EXPECT_FALSE(client_.take()) << "a reply is sent once";
}

TEST_F(SendQueueTest, EachReplyGoesToItsOwnPeer) {
  std::vector<Datagrams> clients;
  std::vector<UdpPeer> peers;
  for (std::size_t i = 0; i < 5; ++i)
    peers.push_back(peer_of(clients.emplace_back(loop_)));
  for (const std::size_t i : {4U, 0U, 2U, 0U}) {
    queue_.push(peers[i], test::u16(i));
    peers[i] = {};  // the queue has taken it over
    peers[i] = peer_of(clients[i]);
  }
  EXPECT_EQ(queue_.flush(handle()), 0U);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    for (int replies = i == 0 ? 2 : (i % 2 == 0 ? 1 : 0); replies > 0; --replies)
      EXPECT_EQ(clients[i].receive().message, test::u16(i));
    EXPECT_FALSE(clients[i].take());
  }
}

TEST_F(SendQueueTest, RepliesMayFillTheirSpaceOrBeEmpty) {
  const UdpPeer peer = peer_of(client_);
  Octets longest(SendQueue::kReplySize, 9);
  queue_.push(peer, longest);
  queue_.push(peer, {});
  queue_.push(peer, Octets{1});
  longest.assign(longest.size(), 0);  // it has been copied
  EXPECT_EQ(queue_.flush(handle()), 0U);
  EXPECT_EQ(client_.receive().message, Octets(SendQueue::kReplySize, 9));
  EXPECT_EQ(client_.receive().message, Octets{});
  EXPECT_EQ(client_.receive().message, Octets{1});
}

TEST_F(SendQueueTest, LengthsOfOneRoundDoNotLimitTheNext) {
  const UdpPeer peer = peer_of(client_);
  for (const std::size_t size : {100U, 1U, 1232U, 2U, 1232U}) {
    queue_.push(peer, Octets(size, 7));
    EXPECT_EQ(queue_.flush(handle()), 0U);
    EXPECT_EQ(client_.receive().message, Octets(size, 7));
  }
}

TEST_F(SendQueueTest, OneReplyThatCannotBeSentDoesNotStopTheOthers) {
  const UdpPeer good = peer_of(client_);
  const UdpPeer bad = port_zero();
  const UdpPeer* const peers[] = {&bad, &good, &bad, &bad, &good, &bad};
  for (std::uint8_t i = 0; i < std::size(peers); ++i)
    queue_.push(*peers[i], Octets{i});
  EXPECT_EQ(queue_.flush(handle()), 4U);
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(client_.receive().message, Octets{1});
  EXPECT_EQ(client_.receive().message, Octets{4});
  EXPECT_FALSE(client_.take());
}

TEST_F(SendQueueTest, WhatABrokenSocketDoesNotTakeIsCountedAndForgotten) {
  const UdpPeer peer = peer_of(client_);
  for (std::size_t i = 0; i < SendQueue::kSlots; ++i)
    queue_.push(peer, Octets{1});
  EXPECT_EQ(queue_.flush(-1), SendQueue::kSlots);
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(queue_.flush(handle()), 0U);
  EXPECT_FALSE(client_.take());
}

/// 127.0.0.2 is asked on a socket bound to any address, and only a reply from there is heard. A slot that has
/// carried such a peer may carry one with nothing to choose next.
TEST_F(SendQueueTest, AWildcardSocketAnswersFromTheAddressThatWasAsked) {
  auto bound = std::move(socket_);
  socket_ = open_udp(loop_.io, test::loopback("0.0.0.0")).value();
  std::vector<Datagrams> clients;
  for (const char* address : {"127.0.0.2", "127.0.0.1", "127.9.9.9"}) {
    const Endpoint asked = test::loopback(address, at().port);
    queue_.push(peer_of(clients.emplace_back(loop_).connect(asked), asked), Octets{3});
  }
  EXPECT_EQ(queue_.flush(handle()), 0U);
  for (Datagrams& client : clients)
    EXPECT_EQ(client.receive().message, Octets{3});

  socket_ = std::move(bound);
  queue_.push(peer_of(client_), Octets{4});
  EXPECT_EQ(queue_.flush(handle()), 0U);
  EXPECT_EQ(client_.receive().message, Octets{4});
}

TEST_F(SendQueueTest, ServesIpv6BoundToOneAddressOrToAny) {
  if (!test::ipv6_there()) GTEST_SKIP() << "no IPv6 here";
  for (const char* address : {"::1", "::"}) {
    socket_ = open_udp(loop_.io, test::loopback(address)).value();
    const Endpoint asked = test::loopback("::1", at().port);
    Datagrams client(loop_, test::loopback("::1"));
    queue_.push(peer_of(client.connect(asked), asked), Octets{2});
    EXPECT_EQ(queue_.flush(handle()), 0U);
    EXPECT_EQ(client.receive().message, Octets{2});
  }
}

// A local socket is full when the one at its other end is, which a test can arrange.
class SendAllTest : public testing::Test {
 protected:
  SendAllTest() {
    if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends_.data()) != 0)
      throw std::runtime_error("socketpair");
  }
  ~SendAllTest() override {
    for (const int end : ends_)
      ::close(end);
  }

  /// Sends datagrams that hold their numbers.
  std::size_t send(std::size_t count) {
    std::vector<Octets> octets;
    std::vector<iovec> parts(count);
    std::vector<mmsghdr> messages(count);
    for (std::size_t i = 0; i < count; ++i)
      octets.push_back(test::u16(i));
    for (std::size_t i = 0; i < count; ++i) {
      parts[i] = {octets[i].data(), octets[i].size()};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    return send_all(ends_[0], messages);
  }

  /// How many have come; they must be the first ones in order.
  std::size_t received() {
    std::size_t count = 0;
    for (Octets datagram(2); ::recv(ends_[1], datagram.data(), datagram.size(), 0) >= 0; ++count)
      EXPECT_EQ(datagram, test::u16(count));
    return count;
  }

  std::array<int, 2> ends_{};
};

TEST_F(SendAllTest, WhatAFullBufferDoesNotTakeIsCounted) {
  std::size_t room = 0;
  while (send(1) == 0)
    ++room;
  while (::recv(ends_[1], nullptr, 0, 0) >= 0) {
  }
  EXPECT_EQ(send(room + 3), 3U);
  EXPECT_EQ(received(), room);
  EXPECT_EQ(send(2), 0U) << "there is room again";
}

TEST_F(SendAllTest, NobodyAtTheOtherEndFailsAll) {
  ::close(std::exchange(ends_[1], ::dup(ends_[0])));
  EXPECT_EQ(send(5), 5U);
}

TEST_F(SendAllTest, NothingIsSentAsNothing) {
  EXPECT_EQ(send(0), 0U);
}

}  // namespace
}  // namespace pacedns::net
