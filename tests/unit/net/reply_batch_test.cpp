#include "pacedns/net/reply_batch.hpp"

#include <cerrno>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "support/loopback.hpp"

namespace pacedns::net {
namespace {

using test::Datagrams;
using test::EventLoop;
using test::Octets;

constexpr std::size_t kLargest = 65507;  // over IPv4

class ReplyBatchTest : public testing::Test {
 protected:
  ReplyBatchTest() { client_.connect(upstream_->at()); }

  [[nodiscard]] int handle() { return client_.socket().native_handle(); }

  /// The upstream sends. On loopback it is there when the call returns.
  void send(const Octets& message) { upstream_->send(message, client_.at()); }

  std::size_t receive() { return batch_.receive(handle()).value(); }

  [[nodiscard]] Octets datagram(std::size_t slot) const {
    const Bytes message = batch_.datagram(slot);
    return {message.begin(), message.end()};
  }

  EventLoop loop_;
  std::unique_ptr<Datagrams> upstream_ = std::make_unique<Datagrams>(loop_);
  Datagrams client_{loop_};
  ReplyBatch batch_;
};

TEST_F(ReplyBatchTest, NothingThereIsNoError) {
  EXPECT_EQ(receive(), 0U);
}

TEST_F(ReplyBatchTest, ABrokenSocketIsAnError) {
  const auto received = batch_.receive(-1);
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().value(), EBADF);
}

TEST_F(ReplyBatchTest, TakesAsManyAsThereAreSlotsAtATime) {
  EXPECT_EQ(ReplyBatch::kSlots, 16U);
  for (std::size_t i = 0; i < ReplyBatch::kSlots + 5; ++i)
    send(test::u16(i));
  ASSERT_EQ(receive(), ReplyBatch::kSlots);
  for (std::size_t i = 0; i < ReplyBatch::kSlots; ++i)
    EXPECT_EQ(datagram(i), test::u16(i));
  ASSERT_EQ(receive(), 5U);
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_EQ(datagram(i), test::u16(ReplyBatch::kSlots + i));
  EXPECT_EQ(receive(), 0U);
}

TEST_F(ReplyBatchTest, TakesDatagramsOfAnySizeSideBySide) {
  // The client's buffer has room for some of the largest at a time.
  const std::size_t sizes[] = {kLargest, 0, 1, 12, 512, 1232, 4096, kLargest};
  for (const std::size_t size : sizes)
    send(Octets(size, static_cast<std::uint8_t>(size)));
  ASSERT_EQ(receive(), std::size(sizes));
  for (std::size_t i = 0; i < std::size(sizes); ++i)
    EXPECT_EQ(datagram(i), Octets(sizes[i], static_cast<std::uint8_t>(sizes[i]))) << sizes[i];
}

TEST_F(ReplyBatchTest, TheLargestFitIntoEachSlot) {
  for (std::size_t before = 0; before < ReplyBatch::kSlots; ++before) {
    for (std::size_t i = 0; i < before; ++i)
      send({1});
    send(Octets(kLargest, 7));
    ASSERT_EQ(receive(), before + 1);
    EXPECT_EQ(datagram(before), Octets(kLargest, 7)) << before;
  }
}

TEST_F(ReplyBatchTest, LengthsOfOneRoundDoNotLimitTheNext) {
  for (const std::size_t size : {std::size_t{100}, std::size_t{0}, kLargest, std::size_t{1}, kLargest}) {
    send(Octets(size, 7));
    ASSERT_EQ(receive(), 1U);
    EXPECT_EQ(datagram(0), Octets(size, 7));
  }
}

TEST_F(ReplyBatchTest, AnErrorByIcmpIsToldOnceAndRepliesAroundItAreTaken) {
  const Octets query{1};
  const auto ask = [&] { ::send(handle(), query.data(), query.size(), 0); };
  const net::Endpoint at = upstream_->at();
  send({2});  // before the upstream goes
  upstream_.reset();
  ask();  // nobody is there
  upstream_ = std::make_unique<Datagrams>(loop_, at);
  send({3});  // it is back

  std::vector<Octets> replies;
  int errors = 0;
  for (int i = 0; i < 5; ++i) {
    const auto received = batch_.receive(handle());
    if (!received) {
      EXPECT_EQ(received.error(), boost::asio::error::connection_refused);
      ++errors;
      continue;
    }
    for (std::size_t slot = 0; slot < *received; ++slot)
      replies.push_back(datagram(slot));
  }
  EXPECT_EQ(errors, 1);
  EXPECT_EQ(replies, (std::vector<Octets>{{2}, {3}}));
}

TEST_F(ReplyBatchTest, TakesOverIpv6) {
  if (!test::ipv6_there()) GTEST_SKIP() << "no IPv6 here";
  Datagrams upstream(loop_, test::loopback("::1"));
  Datagrams client(loop_, test::loopback("::1"));
  client.connect(upstream.at());
  upstream.send(Octets(kLargest, 6), client.at());
  ASSERT_EQ(batch_.receive(client.socket().native_handle()).value(), 1U);
  EXPECT_EQ(datagram(0), Octets(kLargest, 6));
}

}  // namespace
}  // namespace pacedns::net
