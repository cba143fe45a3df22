#include "pacedns/status/cache_text.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>

#include "support/cache_messages.hpp"

namespace pacedns::status {
namespace {

using namespace std::chrono_literals;
using cache::MessageCache;
using test::key_for;
using test::MessageBuilder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr TimePoint kStored{1h};

MessageBuilder positive() {
  return MessageBuilder("www.example.")
      .response()
      .answer("www.example. 300 IN CNAME cdn.example.")
      .answer("cdn.example. 60 IN A 192.0.2.1");
}

MessageBuilder negative() {
  return MessageBuilder("none.example.")
      .response(dns::Rcode::NxDomain)
      .authority("example. 900 IN SOA ns.example. hostmaster.example. 1 2 3 4 600");
}

class CacheTextTest : public testing::Test {
 protected:
  void store(const cache::CacheKey& key, const cache::ResponseImage& image, std::uint64_t generation = 7) {
    cache_.store(key, image, kStored, kStored, generation);
  }

  CachedResponse taken(const cache::CacheKey& key, Duration after) const {
    std::optional<CachedResponse> response;
    cache_.peek(key, kStored + after, [&](const cache::CacheEntry& entry) {
      response.emplace(entry, MessageCache::to_seconds(kStored + after));
    });
    return response.value();
  }

  /// All pieces, one after the other.
  std::string dump(DumpFormat format, Duration after = 0s) const {
    CacheDump pieces(cache_, format);
    std::string text;
    while (const auto piece = pieces.next(kStored + after))
      text += *piece;
    return text;
  }

  MessageCache cache_{16 * cache::kMiB};
};

TEST_F(CacheTextTest, APositiveResponseHasTheTtlsThatAreLeft) {
  const auto key = key_for("www.example.");
  store(key, test::image_of(positive()));
  const CachedResponse response = taken(key, 20s);
  EXPECT_EQ(response.question, test::Octets(key.question().begin(), key.question().end()));
  EXPECT_EQ(response.rcode, dns::Rcode::NoError);
  EXPECT_EQ(response.generation, 7U);
  EXPECT_EQ(response.age, 20U);
  EXPECT_EQ(response.left, 40U);
  EXPECT_THAT(response.records(),
              ElementsAre("www.example. 280 IN CNAME cdn.example.", "cdn.example. 40 IN A 192.0.2.1"));
  EXPECT_EQ(taken(key, 20s).records(), response.records()) << "ages from the start, not from the last look";
}

TEST_F(CacheTextTest, ANegativeResponseHasItsSoa) {
  const auto key = key_for("none.example.");
  store(key, test::image_of(negative()));
  const CachedResponse response = taken(key, 100s);
  EXPECT_EQ(response.rcode, dns::Rcode::NxDomain);
  EXPECT_EQ(response.left, 500U);
  ASSERT_EQ(response.records().size(), 1U);
  EXPECT_THAT(response.records()[0], HasSubstr(" IN SOA ns.example. hostmaster.example. 1 2 3 4 600"));
}

TEST_F(CacheTextTest, AFailureHasNoRecords) {
  const auto key = key_for("broken.example.", dns::RrType::A, dns::RrClass::In, true, true);
  store(key, cache::make_failure_image(key.question(), dns::Rcode::Refused, dns::ExtendedError::None, {}));
  const CachedResponse response = taken(key, 0s);
  EXPECT_EQ(response.rcode, dns::Rcode::Refused);
  EXPECT_TRUE(response.dnssec_ok);
  EXPECT_TRUE(response.checking_disabled);
  EXPECT_THAT(response.records(), IsEmpty());
}

TEST_F(CacheTextTest, WhatLdnsCannotReadIsSaidToBeMalformed) {
  const auto key = key_for("odd.example.");
  const auto short_address = test::record(test::pointer(), dns::RrType::A, dns::RrClass::In, 60, {192, 0, 2});
  store(key, test::image_of(MessageBuilder("odd.example.").response().answer(short_address)));
  EXPECT_THAT(taken(key, 0s).records(), ElementsAre("(malformed)"));
}

TEST_F(CacheTextTest, TheTextHasALineOfCommentAndALineForEachRecord) {
  store(key_for("www.example.", dns::RrType::A, dns::RrClass::In, false, true), test::image_of(positive()));
  EXPECT_EQ(dump(DumpFormat::Text, 15s),
            "; www.example. A NOERROR do=0 cd=1 flight=7 age=15 left=45\n"
            "www.example. 285 IN CNAME cdn.example.\n"
            "cdn.example. 45 IN A 192.0.2.1\n");
}

TEST_F(CacheTextTest, TheTextOfAFailureIsItsComment) {
  const auto key = key_for("broken.example.");
  store(key, cache::make_failure_image(key.question(), dns::Rcode::ServFail, dns::ExtendedError::None, {}));
  EXPECT_EQ(dump(DumpFormat::Text, 2s), "; broken.example. A SERVFAIL do=0 cd=0 flight=7 age=2 left=3\n");
}

TEST_F(CacheTextTest, JsonHasAnObjectALine) {
  store(key_for("www.example.", dns::RrType::A, dns::RrClass::In, true), test::image_of(positive()));
  const std::string line = dump(DumpFormat::Json, 15s);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_EQ(boost::json::parse(line), boost::json::parse(R"({
    "name": "www.example.", "type": "A", "do": true, "cd": false, "rcode": "NOERROR", "flight": 7,
    "stored_ago_s": 15, "expires_in_s": 45,
    "records": ["www.example. 285 IN CNAME cdn.example.", "cdn.example. 45 IN A 192.0.2.1"]})"));
}

TEST_F(CacheTextTest, AnyOctetsInNamesAndTextsLeaveLinesAndJsonIntact) {
  constexpr std::uint16_t kTxt = 16;
  const test::Octets qname = test::join({test::label({0, '\n', '"', 0xff, ' '}), {0}});
  const test::Octets text{4, '\n', 0xff, '"', 0};
  store(key_for(qname, kTxt),
        test::image_of(MessageBuilder(qname, kTxt)
                           .response()
                           .answer(test::record(test::pointer(), kTxt, dns::RrClass::In, 60, text))));
  const std::string plain = dump(DumpFormat::Text);
  EXPECT_EQ(std::count(plain.begin(), plain.end(), '\n'), 2);
  EXPECT_TRUE(
      std::ranges::all_of(plain, [](char sign) { return sign == '\n' || (sign >= ' ' && sign < 127); }));
  const auto json = boost::json::parse(dump(DumpFormat::Json));
  EXPECT_EQ(json.at("name"), "\\000\\010\"\\255\\032.");
}

TEST_F(CacheTextTest, WhatHasExpiredIsLeftOut) {
  store(key_for("www.example."), test::image_of(positive()));
  store(key_for("none.example."), test::image_of(negative()));
  EXPECT_THAT(dump(DumpFormat::Text, 60s), StartsWith("; none.example. "));
  EXPECT_EQ(dump(DumpFormat::Text, 600s), "");
}

TEST_F(CacheTextTest, ComesPieceByPieceAndThenEnds) {
  constexpr std::size_t kNames = 2000;
  for (std::size_t i = 0; i < kNames; ++i) {
    const std::string qname = "n" + std::to_string(i) + ".example.";
    store(key_for(qname),
          test::image_of(MessageBuilder(qname).response().answer(qname + " 60 IN A 192.0.2.1")));
  }
  CacheDump pieces(cache_, DumpFormat::Json);
  std::set<std::string> names;
  std::size_t lines = 0;
  while (const auto piece = pieces.next(kStored)) {
    const auto in_piece = static_cast<std::size_t>(std::count(piece->begin(), piece->end(), '\n'));
    EXPECT_LT(in_piece, kNames / 2) << "never the whole cache";
    lines += in_piece;
    std::istringstream text(*piece);
    for (std::string line; std::getline(text, line);)
      names.insert(boost::json::parse(line).at("name").as_string().c_str());
  }
  EXPECT_EQ(lines, kNames);
  EXPECT_EQ(names.size(), kNames);
  EXPECT_EQ(pieces.next(kStored), std::nullopt) << "the end stays the end";
}

TEST_F(CacheTextTest, WherePartsOfTheCacheAreEmptyThereIsMoreBehindThem) {
  store(key_for("www.example."), test::image_of(positive()));
  CacheDump pieces(cache_, DumpFormat::Text);
  std::size_t empty = 0;
  std::string text;
  while (const auto piece = pieces.next(kStored)) {
    if (piece->empty()) ++empty;
    text += *piece;
  }
  EXPECT_GT(empty, 0U);
  EXPECT_THAT(text, HasSubstr("www.example. 300 IN CNAME"));
}

}  // namespace
}  // namespace pacedns::status
