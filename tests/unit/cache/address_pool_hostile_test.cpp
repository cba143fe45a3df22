#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pacedns/cache/address_pool.hpp"

#include "support/cache_messages.hpp"

namespace pacedns::cache {
namespace {

using dns::RrClass;
using dns::RrType;
using test::image_of;
using test::LdnsMessage;
using test::MessageBuilder;
using test::name;
using test::Octets;
using test::pointer;
using test::record;
using test::Reply;
using testing::ElementsAre;

MessageBuilder response() {
  return MessageBuilder("www.example.").response();
}

Octets address(const Octets& owner, const Octets& rdata) {
  return record(owner, RrType::A, RrClass::In, 300, rdata);
}

Octets cname(const Octets& owner, const Octets& rdata) {
  return record(owner, RrType::Cname, RrClass::In, 300, rdata);
}

/// A chain of `length` CNAMEs from QNAME, with an address at its end.
MessageBuilder chain(int length) {
  MessageBuilder builder = response();
  std::string owner = "www.example.";
  for (int i = 1; i <= length; ++i) {
    const std::string target = "c" + std::to_string(i) + ".example.";
    builder.answer(owner + " 300 IN CNAME " + target);
    owner = target;
  }
  return builder.answer(owner + " 300 IN A 192.0.2.7");
}

bool can_be_merged_with(const MessageBuilder& winner) {
  return AddressPool::from_winner(Reply(winner).view()).has_value();
}

/// What a pool for www.example. 192.0.2.1 makes of the reply.
MergeOutcome offered(const MessageBuilder& reply) {
  const Reply winner(response().answer("www.example. 300 IN A 192.0.2.1"));
  AddressPool pool = AddressPool::from_winner(winner.view()).value();
  const MergeOutcome outcome = pool.add(Reply(reply).view());
  EXPECT_TRUE(outcome == MergeOutcome::Merged || pool.additions() == 0);
  return outcome;
}

TEST(HostileReply, ChainsUpToSixteenAreFollowed) {
  for (const int length : {0, 1, 2, 15, 16})
    EXPECT_TRUE(can_be_merged_with(chain(length))) << length;
  for (const int length : {17, 18, 60}) {
    EXPECT_FALSE(can_be_merged_with(chain(length))) << length;
    EXPECT_EQ(offered(chain(length)), MergeOutcome::NotMergeable) << length;
  }
}

TEST(HostileReply, LoopsEnd) {
  const auto self =
      response().answer("www.example. 1 IN CNAME www.example.").answer("www.example. 1 IN A 192.0.2.2");
  const auto pair = response()
                        .answer("www.example. 1 IN CNAME b.example.")
                        .answer("b.example. 1 IN CNAME www.example.")
                        .answer("b.example. 1 IN A 192.0.2.2");
  const auto tail = response()
                        .answer("www.example. 1 IN CNAME b.example.")
                        .answer("b.example. 1 IN CNAME C.example.")
                        .answer("c.example. 1 IN CNAME B.example.")
                        .answer("c.example. 1 IN A 192.0.2.2");
  for (const auto& loop : {self, pair, tail}) {
    EXPECT_FALSE(can_be_merged_with(loop));
    EXPECT_EQ(offered(loop), MergeOutcome::NotMergeable);
  }
}

TEST(HostileReply, TooManyAnswersAreNotMerged) {
  MessageBuilder many = response();
  for (int i = 0; i < 300; ++i) {
    many.answer(
        address(pointer(), {10, 0, static_cast<std::uint8_t>(i / 256), static_cast<std::uint8_t>(i % 256)}));
  }
  EXPECT_FALSE(can_be_merged_with(many));
  EXPECT_EQ(offered(many), MergeOutcome::NotMergeable);
}

TEST(HostileReply, AddressesOfTheWrongSizeAreNotMerged) {
  for (const std::size_t size : {0U, 1U, 3U, 5U, 16U, 200U}) {
    const auto wrong = response().answer(address(pointer(), Octets(size, 1)));
    EXPECT_FALSE(can_be_merged_with(wrong)) << size;
    EXPECT_EQ(offered(wrong), MergeOutcome::NotMergeable) << size;
  }
  const auto aaaa = MessageBuilder("www.example.", RrType::Aaaa)
                        .response()
                        .answer(record(pointer(), RrType::Aaaa, RrClass::In, 300, Octets(4, 1)));
  EXPECT_FALSE(can_be_merged_with(aaaa));
}

TEST(HostileReply, OwnersThatCannotBeReadAreNotMerged) {
  const std::size_t here = response().wire().size();
  const Octets longest = test::name_of_size(dns::kMaxNameSize);
  const Octets too_long = test::join({Octets(longest.begin(), longest.end() - 1), pointer()});
  for (const Octets& owner : {pointer(here), pointer(here + 2), pointer(0x3fff), too_long}) {
    const auto reply = response().answer(address(owner, {192, 0, 2, 1}));
    EXPECT_FALSE(can_be_merged_with(reply));
    EXPECT_EQ(offered(reply), MergeOutcome::NotMergeable);
  }
}

TEST(HostileReply, CnamesThatCannotBeReadLeadNowhere) {
  // No target, a target that the RDATA does not hold, octets behind the target, a pointer forward.
  const Octets more = test::join({name("b.example."), {1, 2, 3}});
  for (const Octets& rdata : {Octets{}, Octets{1}, Octets{3, 'w'}, more, pointer(0x3000)}) {
    const auto reply =
        response().answer(cname(pointer(), rdata)).answer(address(name("b.example."), {192, 0, 2, 2}));
    EXPECT_FALSE(can_be_merged_with(reply)) << rdata.size();
    EXPECT_NE(offered(reply), MergeOutcome::Merged) << rdata.size();
  }
}

TEST(HostileReply, ATargetBeyondItsRdataIsNotFollowed) {
  // The RDATA is empty: the octets behind it are the owner of the next RR.
  const auto reply =
      response().answer(cname(pointer(), {})).answer(address(name("victim."), {192, 0, 2, 66}));
  EXPECT_FALSE(can_be_merged_with(reply));
}

TEST(HostileReply, AddressesAreNeverFiledUnderAnotherName) {
  // Each reply has some chain and some addresses; whatever is merged was given for the winner's owner.
  std::mt19937 random(2);  // NOLINT: the same in each run
  const std::vector<std::string> names{"www.example.", "a.example.", "b.example.", "c.example."};
  const auto pick = [&] { return random() % names.size(); };
  int merged = 0;
  for (int round = 0; round < 2000; ++round) {
    MessageBuilder message[2] = {response(), response()};
    for (auto& builder : message) {
      for (auto i = random() % 6; i > 0; --i) {
        if (random() % 2 == 0) {
          builder.answer(names[pick()] + " 300 IN CNAME " + names[pick()]);
        } else {
          const std::size_t owner = pick();  // the third octet of an address names its owner
          builder.answer(names[owner] + " 300 IN A 10.0." + std::to_string(owner) + "." +
                         std::to_string(random() % 250));
        }
      }
    }
    const Reply winner(message[0]);
    auto pool = AddressPool::from_winner(winner.view());
    if (!pool || pool->add(Reply(message[1]).view()) != MergeOutcome::Merged) continue;
    ++merged;
    for (const std::string& text : LdnsMessage(pool->merge_into(image_of(winner), {}).wire).answer()) {
      const auto at = text.find(" IN A 10.0.");
      if (at == std::string::npos) continue;
      const std::string& owner = names[static_cast<std::size_t>(text[at + 11] - '0')];
      EXPECT_EQ(text.substr(0, owner.size()), owner) << text;
    }
  }
  EXPECT_GT(merged, 50);
}

TEST(HostileReply, RandomOctetsBreakNothing) {
  std::mt19937 random(3);  // NOLINT: the same in each run
  const Octets good = chain(3).authority("example. 5 IN NS ns.example.").opt().wire();
  const Reply winner(chain(3));
  int offers = 0;
  for (int round = 0; round < 20000; ++round) {
    Octets bad = good;
    for (auto i = 1 + random() % 4; i > 0; --i)
      bad[random() % bad.size()] = static_cast<std::uint8_t>(random());
    const auto view = dns::MessageView::parse(bad);
    if (!view || view->question().wire.size() != winner.view().question().wire.size()) continue;
    AddressPool pool = AddressPool::from_winner(winner.view()).value();
    static_cast<void>(pool.add(*view));
    const auto image = pool.merge_into(image_of(winner), {});
    EXPECT_EQ(LdnsMessage(image.wire).answer().size(), 4 + pool.additions());
    ++offers;
    const Reply as_winner(bad);
    if (auto other = AddressPool::from_winner(as_winner.view())) {
      static_cast<void>(other->add(winner.view()));
      const auto merged = other->merge_into(image_of(as_winner), {});
      EXPECT_TRUE(dns::MessageView::parse(merged.wire).has_value());
    }
  }
  EXPECT_GT(offers, 1000);
}

}  // namespace
}  // namespace pacedns::cache
