#include "pacedns/server/stream_session.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "support/server_probe.hpp"

// What one client may do to its connection (RFC 7766); what many do to each other is in
// tcp_listener_test.cpp.

namespace pacedns::server {
namespace {

using metrics::Counter;
using test::join;
using test::Octets;
using test::ScriptedHandler;
using test::ServerProbe;
using test::Stream;
using test::u16;

Octets framed(const Octets& message) {
  return join({u16(message.size()), message});
}

/// Message number `n`, recognizable.
Octets message(std::size_t n) {
  return framed(join({u16(n), Octets(n % 50, static_cast<std::uint8_t>(n))}));
}

Octets content(std::size_t n) {
  const Octets frame = message(n);
  return {frame.begin() + 2, frame.end()};
}

class StreamSessionTest : public testing::Test {
 protected:
  void reply(std::size_t query, const Octets& message) {
    probe_.listeners.send(probe_.handler.seen[query].client, message);
  }

  /// Whether so many octets for the client come without the event loop doing anything more.
  [[nodiscard]] bool are_written(std::size_t octets) {
    const TimePoint deadline = steady_now() + test::kPatience;
    while (client_.socket().available() < octets)
      if (steady_now() >= deadline) return false;
    return true;
  }

  ServerProbe probe_;
  Stream client_{probe_.loop, probe_.at};
};

Octets stream_of(std::size_t messages) {
  Octets all;
  for (std::size_t i = 0; i < messages; ++i)
    all = join({all, message(i)});
  return all;
}

/// Large, of many sizes, and recognizable.
Octets large(std::size_t n) {
  return join({u16(n), Octets(n * 7919 % 20011, static_cast<std::uint8_t>(n))});
}

Handled answer_large(const ScriptedHandler::Seen& seen, MutableBytes reply) {
  return ScriptedHandler::echo(large(std::size_t{seen.query[0]} << 8 | seen.query[1]), reply);
}

TEST_F(StreamSessionTest, AnswersQueriesOfOneConnectionOneAfterTheOther) {
  for (std::size_t i = 0; i < 10; ++i) {
    client_.write(message(i));
    EXPECT_EQ(client_.read(), content(i));
  }
  EXPECT_EQ(probe_.count(Counter::TcpConnections), 1U);
  EXPECT_EQ(probe_.count(Counter::QueriesTcp), 10U);
  EXPECT_TRUE(probe_.handler.seen[0].client.over_tcp());
  EXPECT_TRUE(probe_.handler.seen[0].allowed);
  EXPECT_GE(probe_.handler.reply_room, 65535U);
}

TEST_F(StreamSessionTest, OneSegmentMayHoldManyQueries) {
  Octets all;
  for (std::size_t i = 0; i < 500; ++i)
    all = join({all, message(i)});
  client_.write(all);
  for (std::size_t i = 0; i < 500; ++i)
    EXPECT_EQ(client_.read(), content(i));
}

TEST_F(StreamSessionTest, WhatIsAnsweredAtOnceIsWrittenAtOnce) {
  const Octets all = stream_of(15);
  client_.write(all);
  probe_.await_queries(15);
  EXPECT_TRUE(are_written(all.size()));
}

TEST_F(StreamSessionTest, LateRepliesAreWrittenTogether) {
  probe_.handler.answer = ScriptedHandler::later;
  const Octets all = stream_of(15);
  client_.write(all);
  probe_.await_queries(15);
  probe_.loop.settle();
  for (std::size_t i = 0; i < 15; ++i)
    reply(i, content(i));
  EXPECT_EQ(client_.socket().available(), 0U);
  probe_.loop.io.restart();
  EXPECT_EQ(probe_.loop.io.run_one(), 1U);
  EXPECT_TRUE(are_written(all.size()));
  for (std::size_t i = 0; i < 15; ++i)
    EXPECT_EQ(client_.read(), content(i));
}

TEST_F(StreamSessionTest, TheStreamMayBeCutAnywhere) {
  client_.write_slowly(join({message(3), message(0), message(7)}));
  EXPECT_EQ(client_.read(), content(3));
  EXPECT_EQ(client_.read(), content(0));
  EXPECT_EQ(client_.read(), content(7));
}

TEST_F(StreamSessionTest, RepliesAreWrittenAsTheyCome) {
  probe_.handler.answer = [](const ScriptedHandler::Seen& seen, MutableBytes reply) {
    return seen.query[1] < 3 ? Handled::later() : ScriptedHandler::echo(seen.query, reply);
  };
  for (std::size_t i = 0; i < 4; ++i)
    client_.write(message(i));
  EXPECT_EQ(client_.read(), content(3)) << "it does not wait for those before it";
  for (const std::size_t i : {1U, 2U, 0U}) {
    reply(i, content(i));
    EXPECT_EQ(client_.read(), content(i));
  }
}

TEST_F(StreamSessionTest, AQueryMayGetNoReply) {
  probe_.handler.answer = [](const ScriptedHandler::Seen& seen, MutableBytes reply) {
    return seen.query.size() < 3 ? Handled::never() : ScriptedHandler::echo(seen.query, reply);
  };
  for (int i = 0; i < 1000; ++i)
    client_.write(framed({1, 2}));
  client_.write(message(9));
  EXPECT_EQ(client_.read(), content(9));
}

TEST_F(StreamSessionTest, AnEmptyFrameIsHandedOverAndStopsNothing) {
  probe_.handler.answer = [](const ScriptedHandler::Seen& seen, MutableBytes reply) {
    return seen.query.empty() ? Handled::never() : ScriptedHandler::echo(seen.query, reply);
  };
  client_.write(join({{0, 0}, {0, 0}, message(5), {0, 0}}));
  EXPECT_EQ(client_.read(), content(5));
  probe_.await_queries(4);
}

TEST_F(StreamSessionTest, TheLargestFrameGoesBothWays) {
  const Octets largest(65535, 7);
  client_.write(join({framed(largest), message(1)}));
  EXPECT_EQ(client_.read(), largest);
  EXPECT_EQ(client_.read(), content(1));
}

TEST_F(StreamSessionTest, AClientThatHasFinishedGetsItsReplies) {
  probe_.handler.answer = ScriptedHandler::later;
  client_.write(join({message(1), message(2), {0}}));  // and half a length
  client_.finish();
  probe_.await_queries(2);
  probe_.loop.settle();
  reply(1, content(2));
  EXPECT_EQ(client_.read(), content(2));
  EXPECT_FALSE(client_.ended());
  reply(0, content(1));
  EXPECT_EQ(client_.read(), content(1));
  probe_.loop.until([&] { return client_.ended(); });
  EXPECT_EQ(probe_.open_connections.total(), 0U);
}

TEST_F(StreamSessionTest, AClientThatHasFinishedAndGotEverythingIsClosed) {
  client_.write(message(1));
  client_.finish();
  EXPECT_EQ(client_.read(), content(1));
  probe_.loop.until([&] { return client_.ended(); });
  EXPECT_EQ(probe_.open_connections.total(), 0U);
}

TEST_F(StreamSessionTest, AClientThatBreaksOffInsideAFrameIsClosed) {
  client_.write({1, 0, 7, 7});
  probe_.await_connections(1);
  client_.reset();
  probe_.await_connections(0);
  EXPECT_TRUE(probe_.handler.seen.empty());
}

TEST_F(StreamSessionTest, AReplyToAClientThatHasGoneIsDroppedAndCounted) {
  probe_.handler.answer = ScriptedHandler::later;
  client_.write(message(1));
  probe_.await_queries(1);
  client_.reset();
  probe_.await_connections(0);
  reply(0, content(1));
  EXPECT_EQ(probe_.count(Counter::DroppedReplies), 1U);
}

TEST_F(StreamSessionTest, AReplyToAClientThatClosedPolitelyDoesNoHarm) {
  probe_.handler.answer = ScriptedHandler::later;
  client_.write(join({message(1), message(2)}));
  probe_.await_queries(2);
  client_.close();
  probe_.loop.settle();
  reply(0, content(1));
  reply(1, content(2));
  probe_.await_connections(0);
}

TEST_F(StreamSessionTest, AClientThatDoesNotReadIsNoLongerReadFrom) {
  constexpr std::size_t kQueries = 500;
  const Octets big(60000, 7);
  probe_.handler.answer = [&](const ScriptedHandler::Seen&, MutableBytes reply) {
    return ScriptedHandler::echo(big, reply);
  };
  Stream slow(probe_.loop, probe_.at, 4096);
  Octets all;
  for (std::size_t i = 0; i < kQueries; ++i)
    all = join({all, message(i)});
  slow.write(all);
  // Nobody else waits for it.
  for (int i = 0; i < 20; ++i) {
    client_.write(message(1));
    EXPECT_EQ(client_.read(), big);
  }
  probe_.loop.settle();
  EXPECT_LT(probe_.handler.seen.size() - 20, 400U) << "128 replies are kept, some more are in the kernel";
  for (std::size_t i = 0; i < kQueries; ++i)
    EXPECT_EQ(slow.read(), big);
}

TEST_F(StreamSessionTest, OnlySoManyQueriesOfOneClientAreResolvedAtATime) {
  probe_.handler.answer = ScriptedHandler::later;
  Octets all;
  for (std::size_t i = 0; i < 1000; ++i)
    all = join({all, message(i)});
  client_.write(all);
  probe_.await_queries(100);
  probe_.loop.settle();
  const std::size_t at_once = probe_.handler.seen.size();
  EXPECT_LE(at_once, 200U);
  for (std::size_t i = 0; i < 1000; ++i) {
    probe_.await_queries(i + 1);
    reply(i, content(i));
    EXPECT_EQ(client_.read(), content(i));
  }
}

TEST_F(StreamSessionTest, TheLimitHoldsWithinOneRead) {
  probe_.handler.answer = ScriptedHandler::later;
  Octets all;
  for (std::uint8_t i = 0; i < 150; ++i)
    all = join({all, {0, 1, i}});
  client_.write(all);
  probe_.await_queries(1);
  probe_.loop.settle();
  EXPECT_EQ(probe_.handler.seen.size(), 128U);
  for (std::uint8_t i = 0; i < 150; ++i) {
    reply(i, {i});
    EXPECT_EQ(client_.read(), Octets{i});
    probe_.loop.settle();
    EXPECT_EQ(probe_.handler.seen.size(), std::min<std::size_t>(129 + i, 150));
  }
}

TEST_F(StreamSessionTest, AWriteMakesRoomForTheOtherQueriesOfARead) {
  Octets all;
  for (std::uint8_t i = 0; i < 150; ++i)
    all = join({all, {0, 1, i}});
  client_.write(all);
  for (std::uint8_t i = 0; i < 150; ++i)
    EXPECT_EQ(client_.read(), Octets{i});
}

TEST_F(StreamSessionTest, LargeRepliesLeaveBeforeMoreQueriesAreTaken) {
  const Octets big(30000, 7);
  probe_.handler.answer = [&](const ScriptedHandler::Seen&, MutableBytes reply) {
    return ScriptedHandler::echo(big, reply);
  };
  client_.write(stream_of(15));
  probe_.await_queries(1);
  EXPECT_EQ(probe_.handler.seen.size(), 3U) << "64 KiB are reached";
  for (std::size_t i = 0; i < 15; ++i)
    EXPECT_EQ(client_.read(), big);
}

TEST_F(StreamSessionTest, ABurstIsAnsweredInOrderHoweverSlowlyItIsTaken) {
  probe_.handler.answer = answer_large;
  Stream slow(probe_.loop, probe_.at, 4096);
  slow.write(stream_of(1000));
  probe_.loop.settle();
  EXPECT_LT(probe_.handler.seen.size(), 1000U);
  for (std::size_t i = 0; i < 1000; ++i)
    ASSERT_EQ(slow.read(), large(i));
}

TEST_F(StreamSessionTest, ASlowClientThatHasFinishedGetsEverythingAtOnceOrLate) {
  probe_.handler.answer = [](const ScriptedHandler::Seen& seen, MutableBytes reply) {
    return seen.query[1] < 50 ? Handled::later() : answer_large(seen, reply);
  };
  Stream slow(probe_.loop, probe_.at, 4096);
  slow.write(stream_of(100));
  slow.finish();
  probe_.await_queries(60);
  probe_.loop.settle();
  for (std::size_t i = 0; i < 50; ++i)
    reply(i, large(i));
  std::vector<bool> seen(100);
  for (std::size_t i = 0; i < 100; ++i) {
    const Octets got = slow.read();
    const std::size_t n = got[1];
    EXPECT_EQ(got, large(n));
    seen[n] = true;
  }
  EXPECT_EQ(seen, std::vector<bool>(100, true));
  probe_.loop.until([&] { return slow.ended(); });
  EXPECT_EQ(probe_.open_connections.total(), 1U) << "of the other client";
}

TEST_F(StreamSessionTest, AFullPipelineOfLargeRepliesMayComeBeforeOneIsTaken) {
  constexpr std::size_t kQueries = 128;
  const Octets big(60000, 7);
  probe_.handler.answer = ScriptedHandler::later;
  Stream slow(probe_.loop, probe_.at, 4096);
  slow.write(stream_of(kQueries));
  probe_.await_queries(kQueries);
  for (std::size_t i = 0; i < kQueries; ++i) {
    reply(i, big);
    probe_.loop.settle();
  }
  for (std::size_t i = 0; i < kQueries; ++i)
    ASSERT_EQ(slow.read(), big) << i;
}

TEST_F(StreamSessionTest, WhoeverDoesNotReadIsClosedOnceAllTogetherHaveTooMuch) {
  constexpr std::size_t kQueries = 128;
  constexpr std::size_t kMany = 64;
  const Octets big(60000, 7);
  probe_.handler.answer = ScriptedHandler::later;
  probe_.await_connections(1);
  std::vector<std::unique_ptr<Stream>> slow;
  while (probe_.open_connections.total() == 1 + slow.size() && slow.size() < kMany) {
    const std::size_t first = probe_.handler.seen.size();
    slow.push_back(std::make_unique<Stream>(probe_.loop, probe_.at, 4096));
    slow.back()->write(stream_of(kQueries));
    probe_.await_queries(first + kQueries);
    for (std::size_t i = 0; i < kQueries; ++i)
      reply(first + i, big);
  }
  EXPECT_GT(slow.size(), (std::size_t{64} << 20) / (kQueries * big.size())) << "so much may be queued";
  EXPECT_LT(slow.size(), kMany);
  EXPECT_GT(probe_.count(Counter::DroppedReplies), 0U) << "to the one that was closed";
  slow.clear();
  probe_.await_connections(1);
  Stream late(probe_.loop, probe_.at, 4096);
  const std::size_t first = probe_.handler.seen.size();
  late.write(stream_of(kQueries));
  probe_.await_queries(first + kQueries);
  for (std::size_t i = 0; i < kQueries; ++i)
    reply(first + i, big);
  EXPECT_EQ(late.read(), big) << "there is room again";
}

TEST_F(StreamSessionTest, AHandlerMayCloseTheSessions) {
  probe_.handler.answer = [&](const ScriptedHandler::Seen& seen, MutableBytes reply) {
    probe_.listeners.close();
    return ScriptedHandler::echo(seen.query, reply);
  };
  client_.write(join({message(1), message(2)}));
  probe_.loop.until([&] { return client_.ended(); });
  probe_.loop.settle();
  EXPECT_EQ(probe_.handler.seen.size(), 1U);
  EXPECT_EQ(probe_.open_connections.total(), 0U);
}

}  // namespace
}  // namespace pacedns::server
