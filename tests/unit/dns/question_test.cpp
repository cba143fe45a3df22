#include "pacedns/dns/question.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include <gtest/gtest.h>

#include "support/message_builder.hpp"

namespace pacedns::dns {
namespace {

using test::join;
using test::label;
using test::MessageBuilder;
using test::name;
using test::name_of_size;
using test::Octets;
using test::octets;
using test::pointer;

Octets copy(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

bool same(const MessageBuilder& left, const MessageBuilder& right) {
  const Octets one = left.wire();
  const Octets two = right.wire();
  return same_question(read_question(one).value(), read_question(two).value());
}

TEST(Question, IsReadAsItStands) {
  const Octets wire = MessageBuilder("wWw.Example.", RrType::Aaaa).trailing({1, 2, 3}).wire();
  const auto question = read_question(wire);
  ASSERT_TRUE(question);
  EXPECT_EQ(copy(question->name()), name("wWw.Example."));
  EXPECT_EQ(copy(question->wire), join({name("wWw.Example."), {0, 28, 0, 1}}));
  EXPECT_EQ(question->type, 28);
  EXPECT_EQ(question->rr_class, 1);
  EXPECT_TRUE(question->is(RrType::Aaaa));
  EXPECT_FALSE(question->is(RrType::A));
}

TEST(Question, AnyTypeAndClassPass) {
  const Octets wire = MessageBuilder("x.", 0xff01, 0xfe02).wire();
  EXPECT_EQ(read_question(wire)->type, 0xff01);
  EXPECT_EQ(read_question(wire)->rr_class, 0xfe02);
}

TEST(Question, KnowsWhetherItAsksForAddresses) {
  for (const std::uint16_t type : std::initializer_list<std::uint16_t>{0, 1, 2, 5, 28, 29, 65, 255, 0x1c00}) {
    const Octets wire = MessageBuilder("x.", type).wire();
    EXPECT_EQ(read_question(wire)->asks_for_addresses(), type == 1 || type == 28) << type;
  }
}

TEST(Question, TheRootIsAName) {
  const Octets wire = MessageBuilder(".", RrType::Ns).wire();
  const auto question = read_question(wire);
  ASSERT_TRUE(question);
  EXPECT_EQ(copy(question->name()), Octets{0});
  EXPECT_EQ(question->type, 2);
}

TEST(Question, TheNameHasAtMost255Octets) {
  const Octets longest = MessageBuilder(name_of_size(255)).wire();
  ASSERT_TRUE(read_question(longest));
  EXPECT_EQ(copy(read_question(longest)->name()), name_of_size(255));
  EXPECT_FALSE(read_question(MessageBuilder(name_of_size(256)).wire()));
  EXPECT_FALSE(read_question(MessageBuilder(name_of_size(320)).wire()));
}

TEST(Question, LabelsHaveAtMost63OctetsOfAnyKind) {
  Octets any(63);
  for (std::size_t i = 0; i < any.size(); ++i)
    any[i] = static_cast<std::uint8_t>(i * 5);
  EXPECT_TRUE(read_question(MessageBuilder(join({label(any), {0}})).wire()));
  EXPECT_FALSE(read_question(MessageBuilder(join({label(Octets(64, 0)), {0}})).wire()));
}

TEST(Question, ACompressedNameIsRefused) {
  EXPECT_FALSE(read_question(MessageBuilder(pointer(0)).wire()));
  EXPECT_FALSE(read_question(MessageBuilder(pointer(12)).wire()));
  EXPECT_FALSE(read_question(MessageBuilder(join({label(octets("www")), pointer(4)})).wire()));
}

TEST(Question, ReservedLabelTypesAreRefused) {
  for (unsigned type = 0x40; type <= 0xff; ++type) {
    const Octets qname = join({{static_cast<std::uint8_t>(type)}, Octets(260, 0)});
    EXPECT_FALSE(read_question(MessageBuilder(qname).wire())) << type;
  }
}

TEST(Question, CutAnywhereItIsRefused) {
  const MessageBuilder message("www.example.", RrType::A);
  const std::size_t whole = message.wire().size();
  for (std::size_t size = 0; size < whole; ++size) {
    EXPECT_FALSE(read_question(message.wire_cut_at(size))) << size;
  }
  EXPECT_TRUE(read_question(message.wire_cut_at(whole)));
}

TEST(SameQuestion, IgnoresTheCaseOfLetters) {
  EXPECT_TRUE(same(MessageBuilder("wWw.example."), MessageBuilder("www.EXAMPLE.")));
  EXPECT_FALSE(same(MessageBuilder("www.example."), MessageBuilder("www.example.org.")));
  EXPECT_FALSE(same(MessageBuilder("a.b."), MessageBuilder("a\\.b.")));
  EXPECT_FALSE(same(MessageBuilder("a@."), MessageBuilder("a`."))) << "only letters have a case";
  EXPECT_FALSE(same(MessageBuilder("\\195\\132."), MessageBuilder("\\195\\164."))) << "in any encoding";
}

// HTTPS is type 65, 'A'; type 97 is 'a'.
TEST(SameQuestion, DoesNotTakeTypeOrClassForLetters) {
  EXPECT_TRUE(same(MessageBuilder("x.", 65), MessageBuilder("X.", 65)));
  EXPECT_FALSE(same(MessageBuilder("x.", 65), MessageBuilder("x.", 97)));
  EXPECT_FALSE(same(MessageBuilder("x.", 0x4100), MessageBuilder("x.", 0x6100)));
  EXPECT_FALSE(same(MessageBuilder("x.", 1, 65), MessageBuilder("x.", 1, 97)));
  EXPECT_FALSE(same(MessageBuilder("x.", 1, 0x4100), MessageBuilder("x.", 1, 0x6100)));
}

TEST(SameQuestion, ComparesTypeAndClass) {
  EXPECT_FALSE(same(MessageBuilder("x.", 1), MessageBuilder("x.", 28)));
  EXPECT_FALSE(same(MessageBuilder("x.", 1, 1), MessageBuilder("x.", 1, 3)));
  EXPECT_FALSE(same(MessageBuilder("x.", 1, 3), MessageBuilder("x.", 3, 1)));
}

}  // namespace
}  // namespace pacedns::dns
