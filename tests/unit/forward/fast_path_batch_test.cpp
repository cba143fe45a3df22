#include <array>
#include <bitset>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pacedns/forward/fast_path.hpp"

#include "unit/forward/forwarding.hpp"

// Many queries at a time: each has its own fate, and misses are told in the order of the queries.

namespace pacedns::forward {
namespace {

using dns::Rcode;
using metrics::Counter;
using server::Handled;
using server::Incoming;
using test::kStart;
using test::MessageBuilder;
using test::Octets;
using testing::ElementsAre;

class FastPathBatchTest : public testing::Test {
 protected:
  using Reply = std::array<std::uint8_t, net::DatagramBatch::kReplySize>;

  void add(const Octets& query, bool allowed = true) {
    queries_.push_back(query);
    batch_.push_back({.query = queries_.back(),
                      .client = {},
                      .allowed = allowed,
                      .reply = replies_.emplace_back(),
                      .handled = Handled::later()});
  }
  void add(const MessageBuilder& query, bool allowed = true) { add(query.wire(), allowed); }

  /// The positions of the misses, as they are told.
  std::vector<std::size_t> handle() {
    std::vector<std::size_t> missed;
    hits_ = path_.handle(batch_, kStart, [&](Incoming& incoming, const FastPath::Attempted& attempted) {
      missed.push_back(static_cast<std::size_t>(&incoming - batch_.data()));
      const test::Reply asked(Octets(incoming.query.begin(), incoming.query.end()));
      EXPECT_EQ(attempted.query.id, asked.view().header().id);
      EXPECT_EQ(*attempted.key, cache::CacheKey(asked.view().question(), false, false, test::hasher()));
      if (then) then(*attempted.key);
    });
    return missed;
  }

  [[nodiscard]] test::Reply reply(std::size_t position) const {
    const Bytes written = Bytes(batch_[position].reply).first(batch_[position].handled.size);
    return test::Reply(Octets(written.begin(), written.end()));
  }

  void store(const std::string& qname) {
    const test::Reply response(MessageBuilder(qname).response().answer(qname + " 300 IN A 192.0.2.1"));
    cache_.store(test::key_for(qname), test::image_of(response), kStart, kStart, 1);
  }

  [[nodiscard]] std::uint64_t count(Counter counter) const { return counters_.get(counter); }

  cache::MessageCache cache_{cache::kMiB};
  metrics::Counters counters_;
  FastPath path_{cache_, test::hasher(), counters_};
  std::list<Octets> queries_;
  std::list<Reply> replies_;
  std::vector<Incoming> batch_;
  std::bitset<server::kMaxBatch> hits_;
  std::function<void(const cache::CacheKey&)> then;  // called at each miss
};

std::string name_of(std::size_t number) {
  return "n" + std::to_string(number) + ".example.";
}

TEST_F(FastPathBatchTest, NoQueriesAreNoWork) {
  EXPECT_TRUE(handle().empty());
  EXPECT_TRUE(hits_.none());
}

TEST_F(FastPathBatchTest, EachQueryHasItsOwnFate) {
  store("known.example.");
  add(MessageBuilder("first.example.").id(1));
  add(Octets(11, 0));
  add(MessageBuilder("known.example.").id(3));
  add(MessageBuilder("known.example.").id(4), false);
  add(MessageBuilder("bad.example.", dns::RrType::Axfr).id(5));
  add(MessageBuilder("last.example.").id(6));
  add(MessageBuilder("KNOWN.example.").id(7));
  add(Octets{});

  EXPECT_THAT(handle(), ElementsAre(0, 5));
  EXPECT_EQ(hits_, 0b0100'0100U) << "neither what was refused nor what was dropped";
  for (const std::size_t dropped : {1U, 7U})
    EXPECT_EQ(batch_[dropped].handled.when, Handled::When::Never);
  for (const std::size_t answered : {2U, 3U, 4U, 6U}) {
    ASSERT_EQ(batch_[answered].handled.when, Handled::When::Now);
    EXPECT_EQ(reply(answered).view().header().id, answered + 1);
  }
  for (const std::size_t hit : {2U, 6U})
    EXPECT_EQ(reply(hit).view().header().answer_count, 1U);
  for (const std::size_t refused : {3U, 4U})
    EXPECT_EQ(reply(refused).view().rcode(), Rcode::Refused);
  EXPECT_EQ(count(Counter::CacheHits), 2U);
  EXPECT_EQ(count(Counter::CacheMisses), 2U);
  EXPECT_EQ(count(Counter::DroppedQueries), 2U);
  EXPECT_EQ(count(Counter::AccessRefusals), 1U);
  EXPECT_EQ(count(Counter::InvalidQueries), 1U);
}

TEST_F(FastPathBatchTest, AFullBatchIsTakenAtOnce) {
  for (std::size_t i = 0; i < server::kMaxBatch; ++i) {
    if (i % 2 == 0) store(name_of(i));
    add(MessageBuilder(name_of(i)).id(static_cast<std::uint16_t>(i)));
  }
  std::vector<std::size_t> odd;
  for (std::size_t i = 1; i < server::kMaxBatch; i += 2)
    odd.push_back(i);
  EXPECT_EQ(handle(), odd);
  EXPECT_EQ(hits_.count(), batch_.size() / 2);
  for (std::size_t i = 0; i < server::kMaxBatch; ++i)
    EXPECT_EQ(hits_[i], i % 2 == 0) << i;
  for (std::size_t i = 0; i < server::kMaxBatch; i += 2)
    EXPECT_EQ(reply(i).view().header().id, i);
}

TEST_F(FastPathBatchTest, EachOfAFullBatchMayBeDroppedOrMissed) {
  for (std::size_t i = 0; i < server::kMaxBatch; ++i)
    add(Octets(i % 12, 0));
  EXPECT_TRUE(handle().empty());
  EXPECT_EQ(count(Counter::DroppedQueries), server::kMaxBatch);

  batch_.clear();
  for (std::size_t i = 0; i < server::kMaxBatch; ++i)
    add(MessageBuilder(name_of(i)));
  EXPECT_EQ(handle().size(), server::kMaxBatch);
  EXPECT_TRUE(hits_.none());
}

TEST_F(FastPathBatchTest, TheSameQuestionTwiceMissesTwice) {
  add(MessageBuilder("www.example.").id(1));
  add(MessageBuilder("WWW.example.").id(2));
  EXPECT_THAT(handle(), ElementsAre(0, 1));
  EXPECT_EQ(count(Counter::CacheMisses), 2U);
}

TEST_F(FastPathBatchTest, WhatAMissHasBroughtIsAHitForThoseBehindIt) {
  then = [&](const cache::CacheKey&) { store("www.example."); };
  add(MessageBuilder("www.example.").id(1));
  add(MessageBuilder("wWw.example.").id(2));
  EXPECT_THAT(handle(), ElementsAre(0));
  EXPECT_EQ(hits_, 0b10U);
  EXPECT_EQ(batch_[1].handled.when, Handled::When::Now);
  const test::Reply hit = reply(1);
  EXPECT_EQ(hit.view().header().id, 2U);
  EXPECT_EQ(Octets(hit.view().question().name().begin(), hit.view().question().name().end()),
            test::name("wWw.example."));
}

TEST_F(FastPathBatchTest, WhatIsEvictedInTheMiddleOfABatchIsAMiss) {
  store("www.example.");
  add(MessageBuilder("other.example.").id(1));
  add(MessageBuilder("www.example.").id(2));
  then = [&](const cache::CacheKey&) {
    for (std::size_t i = 0; i < 10'000; ++i)
      store(name_of(i));
  };
  EXPECT_THAT(handle(), ElementsAre(0, 1)) << "what was fetched ahead is not used when it is gone";
}

}  // namespace
}  // namespace pacedns::forward
