#include "pacedns/cache/cache_entry.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "support/cache_messages.hpp"

namespace pacedns::cache {
namespace {

using dns::RrClass;
using dns::RrType;
using test::key_for;
using test::MessageBuilder;
using test::Octets;

ResponseImage some_image() {
  return test::image_of(MessageBuilder("www.example.").response().answer("www.example. 300 IN A 192.0.2.1"));
}

CacheEntry::Pointer entry_at(std::uint32_t stored_at, std::uint32_t lifetime) {
  ResponseImage image = some_image();
  image.lifetime = lifetime;
  return CacheEntry::create(key_for("www.example."), image, stored_at, 1);
}

TEST(CacheEntry, HoldsTheImageAsItIs) {
  // Odd and even sizes, no TTL and many, and all that a message may be.
  const CacheKey key = key_for("www.example.");
  for (const std::size_t size : {29U, 30U, 31U, 100U, 65534U, 65535U}) {
    for (const std::size_t ttls : {0U, 1U, 2U, 7U, 5000U}) {
      ResponseImage image;
      image.wire.assign(size, 0x5a);
      std::ranges::copy(key.question(), image.wire.begin() + 12);
      for (std::size_t i = 0; i < ttls; ++i)
        image.ttl_offsets.push_back(static_cast<std::uint16_t>(i * 13));
      image.short_size = 17;
      image.short_answers = 3;
      image.error = dns::ExtendedError::NetworkError;
      const auto entry = CacheEntry::create(key, image, 1, 2);
      const dns::ImageView view = entry->image();
      EXPECT_TRUE(std::ranges::equal(view.wire, image.wire));
      EXPECT_TRUE(std::ranges::equal(view.ttl_offsets, image.ttl_offsets));
      EXPECT_EQ(view.short_size, 17U);
      EXPECT_EQ(view.short_answers, 3U);
      EXPECT_EQ(view.error, dns::ExtendedError::NetworkError);
      EXPECT_GE(entry->footprint(), sizeof(CacheEntry) + size + 2 * ttls);
      EXPECT_LE(entry->footprint(), sizeof(CacheEntry) + size + 2 * ttls + 48);
    }
  }
}

TEST(CacheEntry, MatchesItsKeyOnly) {
  const auto entry = CacheEntry::create(key_for("www.example."), some_image(), 0, 1);
  EXPECT_TRUE(entry->matches(key_for("www.example.")));
  EXPECT_TRUE(entry->matches(key_for("WWW.example.")));
  EXPECT_FALSE(entry->matches(key_for("www.example.", RrType::Aaaa)));
  EXPECT_FALSE(entry->matches(key_for("www.example.", RrType::A, RrClass::Ch)));
  EXPECT_FALSE(entry->matches(key_for("www.example.", RrType::A, RrClass::In, true)));
  EXPECT_FALSE(entry->matches(key_for("www.example.", RrType::A, RrClass::In, false, true)));
}

TEST(CacheEntry, DoesNotTrustTheHashAlone) {
  const auto entry = CacheEntry::create(key_for("www.example."), some_image(), 0, 1);
  const std::vector<CacheKey> others{
      key_for("wwx.example."),           // as long
      key_for("example."),               // shorter
      key_for("a.www.example."),         // longer
      key_for(test::name_of_size(255)),  // longer than the image
      key_for("www.example.", RrType::Aaaa),
      key_for("www.example.", RrType::A, RrClass::Ch),
      key_for("www.example.", RrType::A, RrClass::In, true),
      key_for("www.example.", RrType::A, RrClass::In, false, true),
  };
  for (const CacheKey& other : others) {
    entry->hash = other.hash();
    EXPECT_FALSE(entry->matches(other));
  }
}

TEST(CacheEntry, SaysWhatItIsAbout) {
  for (const bool dnssec_ok : {false, true}) {
    for (const bool checking_disabled : {false, true}) {
      const CacheKey key = key_for("www.example.", RrType::A, RrClass::In, dnssec_ok, checking_disabled);
      const auto entry = CacheEntry::create(key, some_image(), 0, 1);
      EXPECT_TRUE(std::ranges::equal(entry->question(), key.question()));
      EXPECT_EQ(entry->dnssec_ok(), dnssec_ok);
      EXPECT_EQ(entry->checking_disabled(), checking_disabled);
    }
  }
}

TEST(CacheEntry, AgesByWholeSeconds) {
  const auto entry = entry_at(1000, 30);
  EXPECT_EQ(entry->age(1000), 0U);
  EXPECT_EQ(entry->age(1001), 1U);
  EXPECT_EQ(entry->age(1029), 29U);
}

TEST(CacheEntry, ExpiresAtTheExactSecond) {
  const auto entry = entry_at(1000, 30);
  EXPECT_FALSE(entry->expired(1000));
  EXPECT_FALSE(entry->expired(1029));
  EXPECT_TRUE(entry->expired(1030));
  EXPECT_TRUE(entry->expired(1031));
  EXPECT_TRUE(entry->expired(1000 + 7 * 86400));
}

TEST(CacheEntry, IsNewForAReaderWhoseClockWasReadBefore) {
  const auto entry = entry_at(1000, 30);
  EXPECT_EQ(entry->age(999), 0U);
  EXPECT_EQ(entry->age(990), 0U);
  EXPECT_FALSE(entry->expired(999));
}

TEST(CacheEntry, TheClockMayWrapAround) {
  const auto entry = entry_at(0xfffffff0, 30);
  EXPECT_EQ(entry->age(0xffffffff), 15U);
  EXPECT_EQ(entry->age(0), 16U);
  EXPECT_EQ(entry->age(13), 29U);
  EXPECT_FALSE(entry->expired(13));
  EXPECT_TRUE(entry->expired(14));

  const auto after = entry_at(2, 30);
  EXPECT_EQ(after->age(0xffffffff), 0U);
  EXPECT_FALSE(after->expired(0xffffffff));
}

TEST(CacheEntry, IsNotVisitedAtFirst) {
  EXPECT_FALSE(entry_at(0, 1)->visited.load());
}

}  // namespace
}  // namespace pacedns::cache
