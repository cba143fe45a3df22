#include "pacedns/dns/stream_framer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "support/message_builder.hpp"

namespace pacedns::dns {
namespace {

using test::join;
using test::MessageBuilder;
using test::Octets;
using test::u16;

Octets frame(const Octets& message) {
  return join({u16(message.size()), message});
}

/// Octets that differ from their neighbours, so that a shift is seen.
Octets filled(std::size_t size, std::uint8_t seed = 1) {
  Octets result(size);
  for (std::size_t i = 0; i < size; ++i)
    result[i] = static_cast<std::uint8_t>(seed + i * 7 + i / 251);
  return result;
}

/// Gives the framer as much of `stream` as it takes at a time, and collects what comes out.
void feed(StreamFramer& framer, Bytes stream, std::vector<Octets>& messages) {
  while (!stream.empty()) {
    const MutableBytes space = framer.space();
    ASSERT_FALSE(space.empty());
    const std::size_t size = std::min(space.size(), stream.size());
    std::copy_n(stream.begin(), size, space.begin());
    framer.commit(size);
    stream = stream.subspan(size);
    while (const auto message = framer.next())
      messages.emplace_back(message->begin(), message->end());
  }
}

TEST(StreamFramer, BeginsOutsideAMessage) {
  StreamFramer framer;
  EXPECT_FALSE(framer.next());
  EXPECT_FALSE(framer.inside_message());
  EXPECT_FALSE(framer.space().empty());
}

TEST(StreamFramer, CutsAStreamSplitAtEveryTwoPlaces) {
  const std::vector<Octets> sent{
      MessageBuilder("a.").id(1).wire(), {}, {0x2a}, MessageBuilder("www.example.").wire()};
  Octets stream;
  for (const Octets& message : sent)
    stream = join({stream, frame(message)});
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      StreamFramer framer;
      std::vector<Octets> messages;
      feed(framer, Bytes(stream).first(first), messages);
      feed(framer, Bytes(stream).subspan(first, second - first), messages);
      feed(framer, Bytes(stream).subspan(second), messages);
      ASSERT_EQ(messages, sent) << first << ' ' << second;
      EXPECT_FALSE(framer.inside_message());
    }
  }
}

TEST(StreamFramer, TakesSingleOctets) {
  const Octets stream = join({frame(filled(700)), frame(filled(3))});
  StreamFramer framer;
  std::vector<Octets> messages;
  for (const std::uint8_t octet : stream)
    feed(framer, {&octet, 1}, messages);
  EXPECT_EQ(messages, (std::vector{filled(700), filled(3)}));
}

TEST(StreamFramer, KnowsWhetherItIsInsideAMessage) {
  StreamFramer framer;
  std::vector<Octets> messages;
  const Octets stream = frame(filled(5));
  for (std::size_t i = 0; i < stream.size(); ++i) {
    EXPECT_EQ(framer.inside_message(), i != 0) << i;
    feed(framer, Bytes(stream).subspan(i, 1), messages);
  }
  EXPECT_FALSE(framer.inside_message());
  EXPECT_EQ(messages.size(), 1U);
}

TEST(StreamFramer, FramesWithoutContentAreMessagesOfNoOctets) {
  StreamFramer framer;
  std::vector<Octets> messages;
  feed(framer, Octets(2000, 0), messages);
  EXPECT_EQ(messages, std::vector<Octets>(1000));
}

TEST(StreamFramer, MessagesOfEverySizeAroundTheBuffers) {
  std::vector<Octets> sent;
  for (const std::size_t size :
       {509U, 510U, 511U, 512U, 513U, 1U, 514U, 1022U, 1024U, 65534U, 65535U, 2U, 65535U}) {
    sent.push_back(filled(size, static_cast<std::uint8_t>(size)));
  }
  Octets stream;
  for (const Octets& message : sent)
    stream = join({stream, frame(message)});
  StreamFramer framer;
  std::vector<Octets> messages;
  feed(framer, stream, messages);
  EXPECT_EQ(messages, sent);
}

TEST(StreamFramer, ManySmallMessagesInOneReadAreAllThere) {
  StreamFramer framer;
  const MutableBytes space = framer.space();
  ASSERT_GE(space.size(), 512U);
  Octets stream;
  while (stream.size() + 14 <= space.size())
    stream = join({stream, frame(filled(12))});
  const std::size_t count = stream.size() / 14;
  stream.resize(space.size());  // and the beginning of an empty one, or nothing
  std::ranges::copy(stream, space.begin());
  framer.commit(count * 14);
  for (std::size_t i = 0; i < count; ++i) {
    const auto message = framer.next();
    ASSERT_TRUE(message) << i;
    EXPECT_TRUE(std::ranges::equal(*message, filled(12))) << i;
  }
  EXPECT_FALSE(framer.next());
}

TEST(StreamFramer, SpaceMayBeAskedForBeforeAllMessagesAreTaken) {
  StreamFramer framer;
  const Octets stream = join({frame(filled(20)), frame(filled(30)), frame(filled(40))});
  std::ranges::copy(stream, framer.space().begin());
  framer.commit(stream.size());
  ASSERT_TRUE(framer.next());
  EXPECT_FALSE(framer.space().empty());
  EXPECT_EQ(framer.next()->size(), 30U);
  EXPECT_FALSE(framer.space().empty());
  const auto last = framer.next();
  ASSERT_TRUE(last);
  EXPECT_TRUE(std::ranges::equal(*last, filled(40)));
}

TEST(StreamFramer, HoldsABigMessageBackUntilItIsAllThere) {
  const Octets stream = frame(filled(65535));
  StreamFramer framer;
  std::vector<Octets> messages;
  feed(framer, Bytes(stream).first(stream.size() - 1), messages);
  EXPECT_TRUE(messages.empty());
  EXPECT_EQ(framer.space().size(), 1U) << "the buffer never grows beyond the message that is being read";
  feed(framer, Bytes(stream).last(1), messages);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0], filled(65535));
}

TEST(StreamFramer, TheBufferShrinksAgainBehindABigMessage) {
  StreamFramer framer;
  const std::size_t initial = framer.space().size();
  std::vector<Octets> messages;
  feed(framer, frame(filled(65535)), messages);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(framer.space().size(), initial);
}

}  // namespace
}  // namespace pacedns::dns
