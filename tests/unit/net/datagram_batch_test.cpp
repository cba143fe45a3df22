#include "pacedns/net/datagram_batch.hpp"

#include <algorithm>
#include <cerrno>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "pacedns/net/listening_socket.hpp"

#include "support/loopback.hpp"

namespace pacedns::net {
namespace {

using test::Datagrams;
using test::EventLoop;
using test::Octets;

class DatagramBatchTest : public testing::Test {
 protected:
  [[nodiscard]] int handle() { return socket_.native_handle(); }
  [[nodiscard]] Endpoint at() const {
    return {socket_.local_endpoint().address(), socket_.local_endpoint().port()};
  }

  /// On loopback a datagram is there when the call that sent it returns.
  std::size_t receive() { return batch_.receive(handle()).value(); }

  void reply(std::size_t slot, const Octets& message) {
    std::ranges::copy(message, batch_.reply_space(slot).begin());
    batch_.queue_reply(slot, message.size());
  }

  [[nodiscard]] Octets datagram(std::size_t slot) const {
    const Bytes message = batch_.datagram(slot);
    return {message.begin(), message.end()};
  }

  EventLoop loop_;
  boost::asio::ip::udp::socket socket_ = open_udp(loop_.io, test::loopback()).value();
  Datagrams client_{loop_};
  DatagramBatch batch_;
};

TEST_F(DatagramBatchTest, NothingThereIsNoError) {
  EXPECT_EQ(receive(), 0U);
}

TEST_F(DatagramBatchTest, ABrokenSocketIsAnError) {
  const auto received = batch_.receive(-1);
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().value(), EBADF);
}

TEST_F(DatagramBatchTest, TakesAsManyAsThereAreSlotsAtATime) {
  for (std::size_t i = 0; i < DatagramBatch::kSlots + 8; ++i)
    client_.send(test::u16(i), at());
  ASSERT_EQ(receive(), DatagramBatch::kSlots);
  for (std::size_t i = 0; i < DatagramBatch::kSlots; ++i)
    EXPECT_EQ(datagram(i), test::u16(i));
  ASSERT_EQ(receive(), 8U);
  for (std::size_t i = 0; i < 8; ++i)
    EXPECT_EQ(datagram(i), test::u16(DatagramBatch::kSlots + i));
  EXPECT_EQ(receive(), 0U);
}

TEST_F(DatagramBatchTest, LengthsOfOneRoundDoNotLimitTheNext) {
  for (const std::size_t size : {100U, 0U, 4096U, 1U, 4096U}) {
    client_.send(Octets(size, 7), at());
    ASSERT_EQ(receive(), 1U);
    EXPECT_EQ(datagram(0), Octets(size, 7));
  }
}

TEST_F(DatagramBatchTest, ALongDatagramIsCut) {
  client_.send(Octets(DatagramBatch::kReceiveSize + 1, 7), at());
  client_.send({1, 2}, at());
  ASSERT_EQ(receive(), 2U);
  EXPECT_EQ(datagram(0), Octets(DatagramBatch::kReceiveSize, 7));
  EXPECT_EQ(datagram(1), (Octets{1, 2}));
}

TEST_F(DatagramBatchTest, EachReplyGoesToItsOwnPeer) {
  std::vector<Datagrams> clients;
  for (int i = 0; i < 5; ++i)
    clients.emplace_back(loop_);
  for (std::size_t i = 0; i < clients.size(); ++i)
    clients[i].send(test::u16(i), at());
  ASSERT_EQ(receive(), clients.size());
  for (const std::size_t slot : {4U, 0U, 2U})  // the others get none
    reply(slot, test::u16(1000 + slot));
  EXPECT_EQ(batch_.flush(handle()), 0U);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    const auto received = clients[i].take();
    ASSERT_EQ(received.has_value(), i % 2 == 0);
    if (received) {
      EXPECT_EQ(received->message, test::u16(1000 + i));
    }
  }
}

TEST_F(DatagramBatchTest, RepliesMayFillTheirSpaceOrBeEmpty) {
  client_.send({1}, at());
  client_.send({2}, at());
  ASSERT_EQ(receive(), 2U);
  reply(0, Octets(DatagramBatch::kReplySize, 9));
  reply(1, {});
  EXPECT_EQ(batch_.flush(handle()), 0U);
  EXPECT_EQ(client_.receive().message, Octets(DatagramBatch::kReplySize, 9));
  EXPECT_EQ(client_.receive().message, Octets{});
}

TEST_F(DatagramBatchTest, AReplyIsSentOnce) {
  client_.send({1}, at());
  ASSERT_EQ(receive(), 1U);
  reply(0, {5});
  EXPECT_EQ(batch_.flush(handle()), 0U);
  EXPECT_EQ(batch_.flush(handle()), 0U);
  EXPECT_TRUE(client_.take());
  EXPECT_FALSE(client_.take());
}

TEST_F(DatagramBatchTest, RepliesThatWereNotFlushedAreForgotten) {
  client_.send({1}, at());
  ASSERT_EQ(receive(), 1U);
  reply(0, {5});
  EXPECT_EQ(receive(), 0U);
  EXPECT_EQ(batch_.flush(handle()), 0U);
  EXPECT_FALSE(client_.take());
}

TEST_F(DatagramBatchTest, OneReplyThatCannotBeSentDoesNotStopTheOthers) {
  for (std::uint8_t i = 0; i < 5; ++i)
    client_.send({i}, at());
  ASSERT_EQ(receive(), 5U);
  for (const std::size_t slot : {0U, 2U, 3U})                        // port 0 cannot be sent to
    const_cast<UdpPeer&>(batch_.peer(slot)).remote.v4.sin_port = 0;  // NOLINT: as a spoofed source would be
  for (std::uint8_t i = 0; i < 5; ++i)
    reply(i, {i});
  EXPECT_EQ(batch_.flush(handle()), 3U);
  EXPECT_EQ(client_.receive().message, Octets{1});
  EXPECT_EQ(client_.receive().message, Octets{4});
  EXPECT_FALSE(client_.take());
}

TEST_F(DatagramBatchTest, WhatABrokenSocketDoesNotTakeIsCounted) {
  client_.send({1}, at());
  client_.send({2}, at());
  ASSERT_EQ(receive(), 2U);
  reply(0, {1});
  reply(1, {2});
  EXPECT_EQ(batch_.flush(-1), 2U);
}

/// 127.0.0.2 is asked on a socket bound to any address, and only a reply from there is heard.
TEST_F(DatagramBatchTest, AWildcardSocketAnswersFromTheAddressThatWasAsked) {
  socket_ = open_udp(loop_.io, test::loopback("0.0.0.0")).value();
  const Endpoint asked = test::loopback("127.0.0.2", at().port);
  client_.connect(asked);
  client_.send({1}, asked);
  ASSERT_EQ(receive(), 1U);
  EXPECT_EQ(batch_.peer(0).address().to_string(), "127.0.0.1");
  reply(0, {2});
  EXPECT_EQ(batch_.flush(handle()), 0U);
  EXPECT_EQ(client_.receive().message, Octets{2});
}

TEST_F(DatagramBatchTest, ServesIpv6BoundToOneAddressOrToAny) {
  if (!test::ipv6_there()) GTEST_SKIP() << "no IPv6 here";
  for (const char* address : {"::1", "::"}) {
    socket_ = open_udp(loop_.io, test::loopback(address)).value();
    const Endpoint asked = test::loopback("::1", at().port);
    Datagrams client(loop_, test::loopback("::1"));
    client.connect(asked).send({1}, asked);
    ASSERT_EQ(receive(), 1U);
    EXPECT_EQ(batch_.peer(0).address(), asked.address);
    reply(0, {2});
    EXPECT_EQ(batch_.flush(handle()), 0U);
    EXPECT_EQ(client.receive().message, Octets{2});
  }
}

}  // namespace
}  // namespace pacedns::net
