#include "pacedns/forward/fast_path.hpp"

#include <array>

#include <gtest/gtest.h>

#include "unit/forward/forwarding.hpp"

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;
using dns::Rcode;
using dns::RrType;
using metrics::Counter;
using server::Handled;
using test::kStart;
using test::MessageBuilder;
using test::Octets;

class FastPathTest : public testing::Test {
 protected:
  /// What has become of a query: it is handled, or a miss.
  struct Outcome {
    std::optional<Handled> handled;
    std::optional<cache::CacheKey> missed;
  };

  Outcome handle(const Octets& message, bool over_tcp = false, bool allowed = true, TimePoint now = kStart) {
    server::Incoming incoming{.query = message,
                              .client = {.listener = 0, .session = over_tcp ? 1U : 0U, .peer = {}},
                              .allowed = allowed,
                              .reply = reply_,
                              .handled = {}};
    Outcome outcome;
    path_.handle({&incoming, 1}, now, [&](server::Incoming& missed, const FastPath::Attempted& attempted) {
      EXPECT_EQ(&missed, &incoming);
      outcome.missed = attempted.key;
    });
    if (!outcome.missed) outcome.handled = incoming.handled;
    size_ = incoming.handled.size;
    return outcome;
  }
  Outcome handle(const MessageBuilder& message, bool over_tcp = false, bool allowed = true,
                 TimePoint now = kStart) {
    return handle(message.wire(), over_tcp, allowed, now);
  }

  /// The reply that was just written.
  test::Reply reply() {
    return test::Reply(Octets(reply_.begin(), reply_.begin() + static_cast<long>(size_)));
  }

  void store(const MessageBuilder& response) {
    const test::Reply parsed(response);
    const cache::CacheKey key(parsed.view().question(), false, false, test::hasher());
    cache_.store(key, test::image_of(parsed), kStart, kStart, 1);
  }

  std::uint64_t count(Counter counter) const { return counters_.get(counter); }

  cache::MessageCache cache_{cache::kMiB};
  metrics::Counters counters_;
  FastPath path_{cache_, test::hasher(), counters_};
  std::array<std::uint8_t, 65535> reply_{};
  std::size_t size_ = 0;
};

TEST_F(FastPathTest, DropsWhatIsNoQuery) {
  for (const Octets& message : {Octets{}, Octets(11, 0), MessageBuilder("www.example.").response().wire()}) {
    const auto outcome = handle(message);
    ASSERT_TRUE(outcome.handled.has_value());
    EXPECT_EQ(outcome.handled->when, Handled::When::Never);
  }
  EXPECT_EQ(count(Counter::DroppedQueries), 3U);
}

TEST_F(FastPathTest, RefusesWhatCannotBeForwarded) {
  struct Row {
    MessageBuilder query;
    Rcode rcode;
  };
  const MessageBuilder good("www.example.");
  const Row rows[] = {
      {MessageBuilder(good).opcode(4), Rcode::NotImp},
      {MessageBuilder(good).opcode(5), Rcode::NotImp},
      {MessageBuilder(), Rcode::FormErr},
      {MessageBuilder(good).question(test::name("a.example."), RrType::A), Rcode::FormErr},
      {MessageBuilder(good).opt().opt(), Rcode::FormErr},
      {MessageBuilder(good).additional_count(1), Rcode::FormErr},
      {MessageBuilder(good).opt(test::Opt{.version = 1}), Rcode::BadVers},
      {MessageBuilder("www.example.", RrType::A, dns::RrClass::Ch), Rcode::Refused},
      {MessageBuilder("www.example.", RrType::Axfr), Rcode::Refused},
      {MessageBuilder("www.example.", RrType::Ixfr), Rcode::Refused},
  };
  for (const Row& row : rows) {
    const auto outcome = handle(MessageBuilder(row.query).id(0x1234));
    ASSERT_TRUE(outcome.handled.has_value());
    EXPECT_EQ(outcome.handled->when, Handled::When::Now);
    const auto header = dns::Header::read(reply_);
    EXPECT_EQ(header.id, 0x1234);
    EXPECT_TRUE(header.has(dns::kQr));
    EXPECT_EQ(header.low_rcode(), static_cast<unsigned>(row.rcode) & 15U);
    EXPECT_EQ(header.answer_count, 0U);
  }
  EXPECT_EQ(count(Counter::InvalidQueries), std::size(rows));
  EXPECT_EQ(count(Counter::CacheMisses), 0U);
}

TEST_F(FastPathTest, ABadVersionIsToldInOpt) {
  static_cast<void>(handle(MessageBuilder("www.example.").opt(test::Opt{.version = 1})));
  EXPECT_EQ(reply().view().rcode(), Rcode::BadVers);
}

TEST_F(FastPathTest, AClientThatMayNotAskIsRefusedWhateverIsKnown) {
  store(MessageBuilder("www.example.").response().answer("www.example. 300 IN A 192.0.2.1"));
  const auto outcome = handle(MessageBuilder("www.example."), false, false);
  EXPECT_EQ(outcome.handled->when, Handled::When::Now);
  EXPECT_EQ(reply().view().rcode(), Rcode::Refused);
  EXPECT_EQ(reply().view().header().answer_count, 0U);
  EXPECT_EQ(count(Counter::AccessRefusals), 1U);
  EXPECT_EQ(count(Counter::CacheHits), 0U);

  EXPECT_EQ(handle(Octets(3, 0), false, false).handled->when, Handled::When::Never)
      << "no query: still dropped";
}

TEST_F(FastPathTest, AClientOverItsLimitIsToldToComeOverTcpHalfOfTheTime) {
  Random random;
  path_.limit_clients(std::make_shared<server::ClientLimiter>(1, random));
  const MessageBuilder query = MessageBuilder("www.example.").id(0x1234).opt(1232);
  EXPECT_TRUE(handle(query).missed.has_value());
  for (int i = 0; i < 6; ++i) {
    const auto id = static_cast<std::uint16_t>(0x1234 + i);
    const auto outcome = handle(MessageBuilder(query).id(id));
    ASSERT_TRUE(outcome.handled.has_value());
    EXPECT_EQ(outcome.handled->when, i % 2 == 0 ? Handled::When::Now : Handled::When::Never);
    if (i % 2 != 0) continue;
    const auto view = reply();
    EXPECT_TRUE(view.view().header().has(dns::kTc));
    EXPECT_EQ(view.view().header().id, id);
    EXPECT_EQ(view.view().rcode(), Rcode::NoError);
    EXPECT_EQ(view.view().header().answer_count, 0U);
    EXPECT_TRUE(view.view().opt().has_value());
    EXPECT_EQ(size_, query.wire().size()) << "no larger than what it answers";
  }
  EXPECT_EQ(count(Counter::RateLimitedQueries), 6U);

  EXPECT_EQ(handle(MessageBuilder(query).opcode(5)).handled->when, Handled::When::Never)
      << "nobody asks again over TCP";
  EXPECT_EQ(handle(query, false, false).handled->when, Handled::When::Now);
  EXPECT_EQ(reply().view().rcode(), Rcode::Refused) << "who may not ask has no allowance";

  EXPECT_TRUE(handle(query, true).missed.has_value()) << "there it may";
  EXPECT_EQ(handle(query, true).handled->when, Handled::When::Now);
  EXPECT_EQ(reply().view().rcode(), Rcode::Refused);
  EXPECT_FALSE(reply().view().header().has(dns::kTc));
  EXPECT_TRUE(handle(query, false, true, kStart + 1s).missed.has_value());
}

TEST_F(FastPathTest, WhatMayBeResolvedIsCountedByType) {
  const std::pair<RrType, Counter> rows[] = {{RrType::A, Counter::QueriesA},
                                             {RrType::Aaaa, Counter::QueriesAaaa},
                                             {RrType{65}, Counter::QueriesHttps},
                                             {RrType{65280}, Counter::QueriesOther}};
  for (const auto& [type, counter] : rows) {
    static_cast<void>(handle(MessageBuilder("www.example.", type)));
    EXPECT_EQ(count(counter), 1U);
  }
  store(MessageBuilder("www.example.").response().answer("www.example. 300 IN A 192.0.2.1"));
  static_cast<void>(handle(MessageBuilder("www.example.")));
  EXPECT_EQ(count(Counter::QueriesA), 2U) << "hits too";

  static_cast<void>(handle(MessageBuilder("www.example."), false, false));
  static_cast<void>(handle(MessageBuilder("www.example.").opcode(4)));
  static_cast<void>(handle(MessageBuilder("www.example.").response()));
  EXPECT_EQ(count(Counter::QueriesA), 2U) << "refused, invalid, and no query";
}

TEST_F(FastPathTest, WhatIsAnsweredAtOnceIsCountedByRcode) {
  store(MessageBuilder("www.example.").response().answer("www.example. 300 IN A 192.0.2.1"));
  store(MessageBuilder("gone.example.")
            .response(Rcode::NxDomain)
            .authority("example. 300 IN SOA ns.example. root.example. 1 2 3 4 300"));
  const MessageBuilder good("www.example.");
  const struct {
    MessageBuilder query;
    bool allowed;
    Counter counter;
  } rows[] = {{good, true, Counter::ResponsesNoError},
              {MessageBuilder("gone.example."), true, Counter::ResponsesNxDomain},
              {good, false, Counter::ResponsesRefused},
              {MessageBuilder(), true, Counter::ResponsesFormErr},
              {MessageBuilder(good).opcode(5), true, Counter::ResponsesNotImp},
              {MessageBuilder(good).opt(test::Opt{.version = 1}), true, Counter::ResponsesBadVers}};
  for (const auto& row : rows) {
    static_cast<void>(handle(row.query, false, row.allowed));
    EXPECT_EQ(count(row.counter), 1U) << metrics::name(row.counter);
  }
  static_cast<void>(handle(MessageBuilder("missed.example.")));
  static_cast<void>(handle(Octets(5, 0)));
  std::uint64_t responses = 0;
  for (auto i = static_cast<std::size_t>(Counter::ResponsesNoError);
       i <= static_cast<std::size_t>(Counter::ResponsesOther); ++i)
    responses += count(static_cast<Counter>(i));
  EXPECT_EQ(responses, std::size(rows)) << "nothing for a miss or for what is dropped";
}

TEST_F(FastPathTest, AMissHasItsKeyAndIsCounted) {
  const auto outcome =
      handle(MessageBuilder("WWW.example.", RrType::Aaaa).add_flags(dns::kCd).opt(1232, true));
  ASSERT_TRUE(outcome.missed.has_value());
  EXPECT_EQ(*outcome.missed, test::key_for("www.example.", RrType::Aaaa, dns::RrClass::In, true, true));
  EXPECT_EQ(count(Counter::CacheMisses), 1U);
}

TEST_F(FastPathTest, AHitGivesBackTheClientsOwnQuestionAndAgesTheTtl) {
  store(MessageBuilder("www.example.").response().answer("www.example. 300 IN A 192.0.2.1"));
  const auto outcome = handle(MessageBuilder("wWw.eXample.").id(77), false, true, kStart + 100s);
  ASSERT_TRUE(outcome.handled.has_value());
  const test::Reply hit = reply();
  EXPECT_EQ(hit.view().header().id, 77U);
  EXPECT_EQ(Octets(hit.view().question().name().begin(), hit.view().question().name().end()),
            test::name("wWw.eXample."));
  EXPECT_EQ(test::LdnsMessage(hit.wire()).ttls(), std::vector<std::uint32_t>{200});
  EXPECT_EQ(count(Counter::CacheHits), 1U);
}

TEST_F(FastPathTest, ExpiredIsAMiss) {
  store(MessageBuilder("www.example.").response().answer("www.example. 300 IN A 192.0.2.1"));
  EXPECT_FALSE(handle(MessageBuilder("www.example."), false, true, kStart + 300s).handled.has_value());
}

TEST_F(FastPathTest, OverTcpTheWholeAnswerFits) {
  MessageBuilder response("www.example.");
  response.response();
  for (int i = 0; i < 60; ++i)
    response.answer("www.example. 300 IN A 192.0.2." + std::to_string(i));
  store(response);
  static_cast<void>(handle(MessageBuilder("www.example.")));
  EXPECT_TRUE(reply().view().header().has(dns::kTc));
  EXPECT_LE(size_, 512U);
  static_cast<void>(handle(MessageBuilder("www.example.").opt(4096)));
  EXPECT_TRUE(reply().view().header().has(dns::kTc)) << "never more than 1232 octets over UDP";
  EXPECT_LE(size_, 1232U);
  static_cast<void>(handle(MessageBuilder("www.example."), true));
  EXPECT_FALSE(reply().view().header().has(dns::kTc));
  EXPECT_EQ(reply().view().header().answer_count, 60U);
}

}  // namespace
}  // namespace pacedns::forward
