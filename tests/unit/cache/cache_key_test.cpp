#include "pacedns/cache/cache_key.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "pacedns/base/random.hpp"
#include "pacedns/dns/name.hpp"
#include "pacedns/dns/question.hpp"

#include "support/cache_messages.hpp"

namespace pacedns::cache {
namespace {

using test::key_for;
using test::label;
using test::name;
using test::Octets;

Octets question_of(const CacheKey& key) {
  return {key.question().begin(), key.question().end()};
}

/// Equal and of one hash, or neither.
void expect_same(const CacheKey& left, const CacheKey& right) {
  EXPECT_TRUE(left == right);
  EXPECT_EQ(left.hash(), right.hash());
  EXPECT_EQ(question_of(left), question_of(right));
}

void expect_distinct(const CacheKey& left, const CacheKey& right) {
  EXPECT_FALSE(left == right);
  EXPECT_NE(left.hash(), right.hash());
}

TEST(CacheKey, IgnoresTheLetterCaseOfTheName) {
  expect_same(key_for("WwW.eXaMpLe."), key_for("www.example."));
  expect_same(key_for("ABCDEFGHIJKLMNOPQRSTUVWXYZ."), key_for("abcdefghijklmnopqrstuvwxyz."));
}

TEST(CacheKey, HoldsTheQuestionInLowerCase) {
  EXPECT_EQ(question_of(key_for("WWW.Example.", std::uint16_t{0x4142}, std::uint16_t{0x4344})),
            test::join({name("www.example."), {0x41, 0x42, 0x43, 0x44}}));
}

TEST(CacheKey, DoesNotTakeTypeOrClassForLetters) {
  for (const int shift : {0, 8}) {
    const auto upper = static_cast<std::uint16_t>('A' << shift);
    const auto lower = static_cast<std::uint16_t>('a' << shift);
    expect_distinct(key_for("a.", upper), key_for("a.", lower));
    expect_distinct(key_for("a.", dns::RrType::A, upper), key_for("a.", dns::RrType::A, lower));
  }
}

TEST(CacheKey, FoldsNothingButAsciiLetters) {
  // The neighbours of the letters, their Latin-1 counterparts, NUL, a dot inside a label.
  for (const int octet : {0x00, 0x2e, 0x40, 0x5b, 0xc0, 0xc1, 0xda, 0xdf}) {
    const auto plain = static_cast<std::uint8_t>(octet);
    const auto with_bit = static_cast<std::uint8_t>(octet ^ 0x20);
    const Octets end{0};
    expect_distinct(key_for(test::join({label({plain}), end})),
                    key_for(test::join({label({with_bit}), end})));
  }
}

TEST(CacheKey, TellsLabelsWithDotsFromSeveralLabels) {
  expect_distinct(key_for(test::join({label(test::octets("a.b")), {0}})), key_for("a.b."));
  expect_distinct(key_for(test::join({label({'a', 1, 'b'}), {0}})), key_for("a.b."));
}

TEST(CacheKey, TellsEverythingThatChangesTheAnswer) {
  std::vector<CacheKey> keys;
  for (const char* qname : {"a.example.", "b.example.", "example.", "."}) {
    for (const std::uint16_t type : std::vector<std::uint16_t>{1, 28, 256, 65535}) {
      for (const std::uint16_t rr_class : std::vector<std::uint16_t>{1, 4, 256, 254}) {
        for (const bool dnssec_ok : {false, true}) {
          for (const bool checking_disabled : {false, true}) {
            keys.push_back(key_for(qname, type, rr_class, dnssec_ok, checking_disabled));
          }
        }
      }
    }
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j)
      expect_distinct(keys[i], keys[j]);
    EXPECT_TRUE(keys[i] == keys[i]);
  }
}

TEST(CacheKey, SaysItsBits) {
  for (const bool dnssec_ok : {false, true}) {
    for (const bool checking_disabled : {false, true}) {
      const CacheKey key = key_for("a.", dns::RrType::A, dns::RrClass::In, dnssec_ok, checking_disabled);
      EXPECT_EQ(key.dnssec_ok(), dnssec_ok);
      EXPECT_EQ(key.checking_disabled(), checking_disabled);
    }
  }
}

TEST(CacheKey, HoldsTheLongestName) {
  const Octets longest = test::name_of_size(dns::kMaxNameSize, 'Z');
  const CacheKey key = key_for(longest, dns::RrType::Aaaa, dns::RrClass::In, true, true);
  EXPECT_EQ(question_of(key),
            test::join({test::name_of_size(dns::kMaxNameSize, 'z'), test::u16(28), test::u16(1)}));
  EXPECT_TRUE(key.dnssec_ok());
  expect_distinct(key, key_for(test::name_of_size(dns::kMaxNameSize - 1, 'z'), dns::RrType::Aaaa,
                               dns::RrClass::In, true, true));
}

TEST(CacheKey, HoldsTheRoot) {
  EXPECT_EQ(question_of(key_for(".")), (Octets{0, 0, 1, 0, 1}));
}

TEST(CacheKey, OutlivesTheQueryItWasMadeFrom) {
  std::optional<CacheKey> key;
  {
    Octets message = test::MessageBuilder("www.example.").wire();
    key.emplace(*dns::read_question(message), false, false, test::hasher());
    std::ranges::fill(message, std::uint8_t{0xff});
  }
  const CacheKey copy = *key;
  expect_same(copy, key_for("www.example."));
}

TEST(CacheKey, HashesWithTheSecretOfTheHasher) {
  Random random;
  const KeyHasher one(random);
  const KeyHasher two(random);
  for (std::size_t size : {3U, 5U, 12U, 20U, 40U, 130U, 200U, 255U}) {
    const Octets message = test::MessageBuilder(test::name_of_size(size)).wire();
    const auto question = dns::read_question(message);
    const CacheKey first(*question, false, false, one);
    EXPECT_EQ(first.hash(), CacheKey(*question, false, false, one).hash());
    EXPECT_NE(first.hash(), CacheKey(*question, false, false, two).hash()) << size;
  }
}

TEST(CacheKey, HashesSpreadInAllBitsThatAreUsed) {
  constexpr std::size_t kKeys = 16384;
  std::array<std::size_t, 256> low{};
  std::array<std::size_t, 256> high{};
  for (std::size_t i = 0; i < kKeys; ++i) {
    const std::uint64_t hash = key_for("n" + std::to_string(i) + ".example.").hash();
    ++low[hash & 0xff];
    ++high[(hash >> 40) & 0xff];
  }
  for (const auto& counts : {low, high}) {  // 64 each on average, with a deviation of 8
    EXPECT_GT(*std::ranges::min_element(counts), 10U);
    EXPECT_LT(*std::ranges::max_element(counts), 150U);
  }
}

}  // namespace
}  // namespace pacedns::cache
