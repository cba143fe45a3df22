#include "pacedns/upstream/message_id_table.hpp"

#include <array>
#include <deque>
#include <set>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "pacedns/dns/presentation.hpp"

#include "support/message_builder.hpp"

namespace pacedns::upstream {
namespace {

using dns::RrType;
using test::MessageBuilder;
using test::Octets;

constexpr unsigned kResponse = dns::kQr | dns::kRd | dns::kRa;

class MessageIdTableTest : public testing::Test {
 protected:
  std::uint16_t add(const MessageBuilder& query, std::uint64_t flight = 1) {
    queries_.push_back(query.wire());
    sent_ = queries_.back();
    return table_.add({.flight = flight, .position = 2, .transmission = 3}, queries_.back(), spelling_,
                      random_, sent_);
  }

  /// The flight that `reply` answers; 0 if it answers none.
  std::uint64_t match(const Octets& reply) {
    view_.reset();
    const auto key = table_.match(reply, view_);
    return key ? key->flight : 0;
  }
  std::uint64_t match(const MessageBuilder& reply) { return match(reply.wire()); }

  /// A reply to this question with the ID of the one query that is outstanding.
  static MessageBuilder reply(std::uint16_t id, std::string_view qname, test::Code type = RrType::A,
                              test::Code rr_class = dns::RrClass::In) {
    return MessageBuilder(qname, type, rr_class).id(id).flags(kResponse);
  }

  Random random_;
  Spelling spelling_ = Spelling::AsIs;
  Octets sent_;  // the last query as it left
  MessageIdTable table_;
  std::optional<dns::MessageView> view_;
  std::deque<Octets> queries_;
};

TEST_F(MessageIdTableTest, AReplyEndsItsExchange) {
  const auto id = add(MessageBuilder("www.example."), 7);
  std::optional<dns::MessageView> view;
  const Octets message = reply(id, "www.example.").answer("www.example. 60 IN A 192.0.2.1").wire();
  const auto key = table_.match(message, view);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->flight, 7U);
  EXPECT_EQ(key->position, 2);
  EXPECT_EQ(key->transmission, 3);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->header().answer_count, 1);
  EXPECT_TRUE(table_.empty());
  EXPECT_EQ(match(message), 0U) << "a duplicate";
}

TEST_F(MessageIdTableTest, IdsAreUniqueAndSpreadOverAllBits) {
  std::set<std::uint16_t> ids;
  std::array<int, 16> ones{};
  constexpr int kCount = 4000;
  for (int i = 0; i < kCount; ++i) {
    const auto id = add(MessageBuilder("x."), static_cast<std::uint64_t>(i) + 1);
    EXPECT_TRUE(ids.insert(id).second);
    for (unsigned bit = 0; bit < 16; ++bit)
      ones[bit] += (id >> bit) & 1;
  }
  // 18 standard deviations: fails less often than the machine does.
  for (const int count : ones)
    EXPECT_NEAR(count, kCount / 2, 570);
}

TEST_F(MessageIdTableTest, IdsDoNotRepeatFromOneTableToTheNext) {
  int same = 0;
  for (int i = 0; i < 1000; ++i) {
    MessageIdTable first;
    MessageIdTable second;
    const Octets query = MessageBuilder("x.").wire();
    Octets copy = query;
    const auto add = [&](MessageIdTable& table) {
      return table.add({}, query, Spelling::AsIs, random_, copy);
    };
    same += add(first) == add(second) ? 1 : 0;
  }
  EXPECT_LT(same, 8);
}

TEST_F(MessageIdTableTest, TheLetterCaseOfTheNameMayDiffer) {
  const auto id = add(MessageBuilder("wWw.ExAmple."));
  EXPECT_EQ(match(reply(id, "WwW.eXaMPLE.")), 1U);
}

TEST_F(MessageIdTableTest, OnlyLettersHaveACase) {
  for (const auto& [asked, answered] : {std::pair{"a[b.", "a{b."}, {"a@b.", "a`b."}, {"a_b.", "a\\127b."}}) {
    const auto id = add(MessageBuilder(asked));
    EXPECT_EQ(match(reply(id, answered)), 0U) << asked;
    EXPECT_EQ(match(reply(id, asked)), 1U) << asked;
  }
}

TEST_F(MessageIdTableTest, TypeAndClassAreNumbersAndNotLetters) {
  // 65 and 97 are `A` and `a`: what does not regard case in names must not touch these.
  const auto id = add(MessageBuilder("www.example.", 65, 97));
  EXPECT_EQ(match(reply(id, "www.example.", 97, 97)), 0U);
  EXPECT_EQ(match(reply(id, "www.example.", 65, 65)), 0U);
  EXPECT_EQ(match(reply(id, "www.example.", 65 << 8, 97)), 0U);
  EXPECT_EQ(match(reply(id, "www.example.", 65, 97)), 1U);
}

TEST_F(MessageIdTableTest, EveryBitOfTheQuestionCounts) {
  const auto id = add(MessageBuilder("www.example."));
  for (const char* other :
       {".", "example.", "ww.example.", "www.example.com.", "xww.example.", "www.examplf."})
    EXPECT_EQ(match(reply(id, other)), 0U) << other;
  EXPECT_EQ(match(reply(id, "www.example.", RrType::Aaaa)), 0U);
  EXPECT_EQ(match(reply(id, "www.example.", RrType::A, dns::RrClass::Ch)), 0U);
  EXPECT_EQ(table_.size(), 1U) << "the exchange goes on waiting";
  EXPECT_EQ(match(reply(id, "www.example.")), 1U);
}

TEST_F(MessageIdTableTest, AnotherIdIsNoReply) {
  const auto id = add(MessageBuilder("x."));
  for (unsigned bit = 0; bit < 16; ++bit)
    EXPECT_EQ(match(reply(static_cast<std::uint16_t>(id ^ (1U << bit)), "x.")), 0U);
  EXPECT_EQ(table_.size(), 1U);
}

TEST_F(MessageIdTableTest, TheQuestionOfAnotherQueryIsNoReply) {
  const auto first = add(MessageBuilder("a."), 1);
  const auto second = add(MessageBuilder("b."), 2);
  EXPECT_EQ(match(reply(first, "b.")), 0U);
  EXPECT_EQ(match(reply(second, "a.")), 0U);
  EXPECT_EQ(match(reply(second, "b.")), 2U);
  EXPECT_EQ(match(reply(first, "a.")), 1U);
}

TEST_F(MessageIdTableTest, AQueryIsNoReply) {
  const auto id = add(MessageBuilder("x."));
  EXPECT_EQ(match(MessageBuilder("x.").id(id)), 0U);
  EXPECT_EQ(match(reply(id, "x.")), 1U);
}

TEST_F(MessageIdTableTest, AnotherOpcodeIsNoReply) {
  const auto id = add(MessageBuilder("x."));
  for (unsigned opcode = 1; opcode < 16; ++opcode)
    EXPECT_EQ(match(reply(id, "x.").opcode(opcode)), 0U) << opcode;
  EXPECT_EQ(match(reply(id, "x.")), 1U);
}

TEST_F(MessageIdTableTest, ExactlyOneQuestionMakesAReply) {
  const auto id = add(MessageBuilder("x."));
  EXPECT_EQ(match(reply(id, "x.").question(test::name("x."), RrType::A)), 0U);
  EXPECT_EQ(match(reply(id, "x.").question(test::name("y."), RrType::A)), 0U);
  EXPECT_EQ(match(reply(id, "x.").question_count(0)), 0U);
  EXPECT_EQ(match(MessageBuilder().id(id).flags(kResponse)), 0U);
  EXPECT_EQ(table_.size(), 1U);
}

TEST_F(MessageIdTableTest, WhatDoesNotParseIsNoReply) {
  const auto id = add(MessageBuilder("www.example."));
  const MessageBuilder whole = reply(id, "www.example.").answer("www.example. 60 IN A 192.0.2.1");
  for (std::size_t size = 0; size < whole.wire().size(); ++size)
    EXPECT_EQ(match(whole.wire_cut_at(size)), 0U) << size;
  EXPECT_EQ(match(reply(id, "www.example.").opt().opt()), 0U);
  EXPECT_EQ(match(reply(id, "www.example.").answer_count(1)), 0U);
  EXPECT_EQ(match(whole), 1U);
}

TEST_F(MessageIdTableTest, AHeaderThatSaysFormErrIsAReplyWithOurQuestion) {
  const auto id = add(MessageBuilder("wWw.example.", RrType::Aaaa).opt(), 9);
  const Octets bare = MessageBuilder().id(id).flags(dns::kQr | 1).wire();
  ASSERT_EQ(match(bare), 9U);
  ASSERT_TRUE(view_);
  EXPECT_EQ(view_->rcode(), dns::Rcode::FormErr);
  EXPECT_EQ(view_->header().id, id);
  EXPECT_TRUE(view_->question().is(RrType::Aaaa));
  const Bytes qname = view_->question().name();
  EXPECT_EQ(Octets(qname.begin(), qname.end()), test::name("wWw.example."));
  EXPECT_FALSE(view_->records().next());
  EXPECT_FALSE(view_->records().failed());
}

TEST_F(MessageIdTableTest, AHeaderThatSaysFormErrMayCountWhatItDoesNotHold) {
  const auto id = add(MessageBuilder("x.").opt());
  const MessageBuilder bare = MessageBuilder().id(id).flags(dns::kQr | 1);
  ASSERT_EQ(match(MessageBuilder(bare).question_count(1).answer_count(9).additional_count(1)), 1U);
  EXPECT_FALSE(view_->records().next());
}

TEST_F(MessageIdTableTest, OfBareHeadersOnlyFormErrIsTaken) {
  const auto id = add(MessageBuilder("x."));
  for (unsigned rcode = 0; rcode < 16; ++rcode) {
    if (rcode == 1) continue;
    EXPECT_EQ(match(MessageBuilder().id(id).flags(dns::kQr | rcode)), 0U) << rcode;
  }
  EXPECT_EQ(match(MessageBuilder().id(id).flags(1)), 0U) << "without QR";
  EXPECT_EQ(match(MessageBuilder().id(static_cast<std::uint16_t>(id + 1)).flags(dns::kQr | 1)), 0U);
  EXPECT_EQ(match(MessageBuilder().id(id).flags(dns::kQr | 1).trailing({0})), 0U) << "more than a header";
  EXPECT_EQ(table_.size(), 1U);
}

TEST_F(MessageIdTableTest, WhatWasRemovedIsNotMatched) {
  const auto first = add(MessageBuilder("a."), 1);
  const auto second = add(MessageBuilder("b."), 2);
  const auto third = add(MessageBuilder("c."), 3);
  EXPECT_EQ(table_.remove(first)->flight, 1U);
  EXPECT_FALSE(table_.remove(first));
  EXPECT_EQ(match(reply(first, "a.")), 0U);
  EXPECT_EQ(match(reply(third, "c.")), 3U);
  EXPECT_EQ(match(reply(second, "b.")), 2U);
  EXPECT_TRUE(table_.empty());
}

TEST_F(MessageIdTableTest, TakeOneTakesEachOnce) {
  (void)add(MessageBuilder("a."), 1);
  (void)add(MessageBuilder("b."), 2);
  const auto first = table_.take_one();
  const auto second = table_.take_one();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->flight + second->flight, 3U);
  EXPECT_TRUE(table_.empty());
  EXPECT_FALSE(table_.take_one());
}

TEST_F(MessageIdTableTest, TakeOneSparesThoseItIsTold) {
  const std::uint16_t spared[] = {add(MessageBuilder("a."), 1), add(MessageBuilder("b."), 2)};
  (void)add(MessageBuilder("c."), 3);
  const auto taken = table_.take_one(spared);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->flight, 3U);
  EXPECT_FALSE(table_.take_one(spared));
  EXPECT_EQ(table_.size(), 2U);
  EXPECT_EQ(match(reply(spared[1], "b.")), 2U);
  EXPECT_EQ(table_.take_one()->flight, 1U);
}

TEST_F(MessageIdTableTest, TakeAllEmptiesTheTable) {
  std::set<std::uint64_t> flights;
  for (std::uint64_t i = 1; i <= 5; ++i)
    (void)add(MessageBuilder("x."), i);
  for (const ExchangeKey& key : table_.take_all())
    flights.insert(key.flight);
  EXPECT_EQ(flights, (std::set<std::uint64_t>{1, 2, 3, 4, 5}));
  EXPECT_TRUE(table_.empty());
  EXPECT_TRUE(table_.take_all().empty());
}

// -- Forged replies
// -------------------------------------------------------------------------------------------

TEST_F(MessageIdTableTest, TheIdIsWrittenIntoWhatIsSent) {
  const auto id = add(MessageBuilder("www.example."));
  EXPECT_EQ(dns::load_u16(sent_, 0), id);
  EXPECT_EQ(dns::load_u16(queries_.back(), 0), 0) << "the query itself is others', too";
}

TEST_F(MessageIdTableTest, AReplyMustHaveTheLetterCaseThatWasSent) {
  spelling_ = Spelling::Random;
  const std::string lowered = "abcdefghijklmnopqrstuvwxyz.example.";
  for (int i = 0; i < 20; ++i) {
    const auto id = add(MessageBuilder(lowered));
    const std::string spelled = dns::name_to_text(dns::read_question(sent_)->name());
    ASSERT_NE(spelled, lowered);
    EXPECT_EQ(match(reply(id, lowered)), 0U);
    EXPECT_EQ(match(reply(id, spelled)), 1U);
  }
}

TEST_F(MessageIdTableTest, ABareFormErrHasNoLetterCaseToKeep) {
  spelling_ = Spelling::Random;
  const auto id = add(MessageBuilder("www.example."));
  Octets bare(dns::kHeaderSize);
  dns::Header{.id = id, .flags = dns::kQr | static_cast<std::uint16_t>(dns::Rcode::FormErr)}.write(bare);
  EXPECT_EQ(match(bare), 1U);
}

TEST_F(MessageIdTableTest, AnotherLetterCaseIsSuspicious) {
  spelling_ = Spelling::Random;
  const auto id = add(MessageBuilder("abcdefghijklmnopqrstuvwxyz.example."));
  const auto suspicion = table_.suspect(reply(id, "abcdefghijklmnopqrstuvwxyz.example.").wire());
  ASSERT_TRUE(suspicion.has_value());
  EXPECT_EQ(suspicion->key.flight, 1U);
  EXPECT_EQ(suspicion->reason, SuspicionReason::LetterCase);
  EXPECT_FALSE(table_.suspect(reply(id, "other.example.").wire()).has_value()) << "that is another question";
  EXPECT_EQ(table_.size(), 1U) << "it goes on";
}

TEST_F(MessageIdTableTest, ManyNearMissesAreSuspiciousOnce) {
  add(MessageBuilder("other.example."), 1);  // under whose ID the question is wrong, too
  const auto id = add(MessageBuilder("www.example."), 2);
  std::vector<int> suspected;
  for (int i = 1, wrong = 0; i <= 100; ++i, ++wrong) {
    if (wrong == id) ++wrong;
    const auto suspicion = table_.suspect(reply(static_cast<std::uint16_t>(wrong), "WWW.example.").wire());
    if (!suspicion) continue;
    suspected.push_back(i);
    EXPECT_EQ(suspicion->key.flight, 2U);
    EXPECT_EQ(suspicion->reason, SuspicionReason::NearMisses);
  }
  EXPECT_EQ(suspected, std::vector<int>{MessageIdTable::kMaxNearMisses});
  EXPECT_EQ(match(reply(id, "www.example.")), 2U) << "nothing else has changed";
}

TEST_F(MessageIdTableTest, WhatCannotBeAReplyIsNotSuspicious) {
  const auto id = add(MessageBuilder("www.example."));
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(
        table_.suspect(MessageBuilder("www.example.").id(static_cast<std::uint16_t>(id + 1)).wire()));
    EXPECT_FALSE(table_.suspect(reply(static_cast<std::uint16_t>(id + 1), "other.example.").wire()));
    EXPECT_FALSE(table_.suspect(Octets(5, 0xff)));
  }
}

}  // namespace
}  // namespace pacedns::upstream
