#include "pacedns/forward/waiter.hpp"

#include <optional>

#include <gtest/gtest.h>

#include "unit/forward/forwarding.hpp"

namespace pacedns::forward {
namespace {

using test::MessageBuilder;

TEST(Waiter, GivesBackTheWholeQueryWhenItsMessageIsGone) {
  std::optional<test::Asked> asked;
  asked.emplace(
      MessageBuilder("wWw.ExAmPlE.", dns::RrType::Aaaa).id(0xbeef).add_flags(dns::kCd).opt(4096, true));
  const test::Octets question(asked->query().question.wire.begin(), asked->query().question.wire.end());
  const Waiter waiter(3, {.listener = 7, .session = 9, .peer = {}}, asked->query(), test::kStart);
  asked.reset();

  const dns::Query query = waiter.query();
  EXPECT_EQ(query.id, 0xbeef);
  EXPECT_TRUE(query.has(dns::kRd));
  EXPECT_TRUE(query.has(dns::kCd));
  EXPECT_TRUE(query.dnssec_ok());
  EXPECT_EQ(query.udp_limit(), 1232U);
  EXPECT_EQ(test::Octets(query.question.wire.begin(), query.question.wire.end()), question);
  EXPECT_TRUE(query.question.is(dns::RrType::Aaaa));
  EXPECT_EQ(query.question.rr_class, 1U);
  EXPECT_EQ(waiter.worker(), 3U);
  EXPECT_EQ(waiter.client().listener, 7U);
  EXPECT_EQ(waiter.client().session, 9U);
}

TEST(Waiter, ACopyDoesNotReferToTheFirst) {
  const test::Asked asked(MessageBuilder(test::name_of_size(255)));
  std::optional<Waiter> first(std::in_place, 0U, server::Client{}, asked.query(), test::kStart);
  const Waiter copy = *first;
  first.reset();
  EXPECT_EQ(copy.query().question.wire.size(), 259U);
  EXPECT_EQ(copy.query().question.type, 1U);
}

TEST(Waiter, AQueryWithoutEdnsStaysWithout) {
  const test::Asked asked(MessageBuilder("www.example."));
  EXPECT_FALSE(asked.waiter().query().edns.has_value());
  EXPECT_EQ(asked.waiter().query().udp_limit(), 512U);
}

}  // namespace
}  // namespace pacedns::forward
