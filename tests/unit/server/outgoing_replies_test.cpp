#include "pacedns/server/outgoing_replies.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <gtest/gtest.h>

#include "support/message_builder.hpp"

namespace pacedns::server {
namespace {

using test::join;
using test::Octets;
using test::u16;

/// Octets that differ from their neighbours, so that a shift is seen.
Octets reply(std::size_t size, std::size_t seed = 1) {
  Octets result(size);
  for (std::size_t i = 0; i < size; ++i)
    result[i] = static_cast<std::uint8_t>(seed + i * 7 + i / 251);
  return result;
}

Octets framed(const Octets& message) {
  return join({u16(message.size()), message});
}

/// A client takes `size` octets, or what there is.
Octets take(OutgoingReplies& replies, std::size_t size) {
  const Bytes octets = replies.octets();
  const Bytes part = octets.first(std::min(size, octets.size()));
  Octets result(part.begin(), part.end());
  replies.taken(result.size());
  return result;
}

TEST(OutgoingReplies, AreNoneAtFirst) {
  const OutgoingReplies replies;
  EXPECT_TRUE(replies.empty());
  EXPECT_EQ(replies.count(), 0U);
  EXPECT_TRUE(replies.octets().empty());
}

TEST(OutgoingReplies, AreInOnePieceEachBehindItsLength) {
  OutgoingReplies replies;
  replies.push(reply(3));
  replies.push({});
  replies.push(reply(300));
  EXPECT_EQ(replies.count(), 3U);
  EXPECT_EQ(take(replies, 1000), join({framed(reply(3)), {0, 0}, framed(reply(300))}));
  EXPECT_TRUE(replies.empty());
}

TEST(OutgoingReplies, TheLargestReplyFits) {
  OutgoingReplies replies;
  replies.push(reply(65535));
  EXPECT_EQ(take(replies, 100000), framed(reply(65535)));
}

TEST(OutgoingReplies, AReplyCountsUntilItsLastOctetIsTaken) {
  OutgoingReplies replies;
  replies.push(reply(2));
  replies.push({});
  replies.push(reply(1));
  const std::size_t left[] = {3, 3, 3, 2, 2, 1, 1, 1, 0};  // after each octet
  for (const std::size_t count : left) {
    EXPECT_EQ(take(replies, 1).size(), 1U);
    EXPECT_EQ(replies.count(), count);
    EXPECT_EQ(replies.empty(), count == 0);
  }
}

TEST(OutgoingReplies, ToTakeNothingChangesNothing) {
  OutgoingReplies replies;
  replies.taken(0);
  EXPECT_TRUE(replies.empty());
  replies.push(reply(5));
  replies.taken(0);
  EXPECT_EQ(replies.count(), 1U);
  EXPECT_EQ(take(replies, 7), framed(reply(5)));
}

TEST(OutgoingReplies, StayInOrderHoweverTheyComeAndAreTaken) {
  OutgoingReplies replies;
  Octets expected;
  Octets taken;
  std::size_t pushed = 0;
  for (std::size_t step = 0; pushed < 200; ++step) {
    for (std::size_t i = 0; i < step % 4; ++i, ++pushed) {
      const Octets next = reply(pushed * pushed % 3001, pushed);
      replies.push(next);
      expected = join({expected, framed(next)});
    }
    taken = join({taken, take(replies, step * 7919 % 6007)});
    EXPECT_EQ(replies.octets().size(), expected.size() - taken.size());
  }
  taken = join({taken, take(replies, expected.size())});
  EXPECT_EQ(taken, expected);
  EXPECT_EQ(replies.count(), 0U);
}

TEST(OutgoingReplies, MemoryIsUsedAgain) {
  OutgoingReplies replies;
  replies.push(reply(4000));
  const std::uint8_t* const place = replies.octets().data();
  (void)take(replies, 5000);
  replies.push(reply(3000));
  EXPECT_EQ(replies.octets().data(), place);
}

}  // namespace
}  // namespace pacedns::server
