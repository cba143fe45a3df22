#include "pacedns/config/scalar_key.hpp"

#include <gmock/gmock.h>

namespace pacedns::config {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;

constexpr Tunable<seconds> kLimits{seconds(5), seconds(0), seconds(60)};

Key min_ttl_key() {
  return tunable_key<DurationText>(
      "cache.min_ttl", Effect::Reload, kLimits,
      field(&Config::cache, &cache::CacheOptions::ttl, &cache::TtlLimits::min_ttl));
}

Key queries_key() {
  return choice_key<bool>("log.queries", Effect::Restart, {{"true", true}, {"false", false}},
                          field(&Config::query_log, &forward::QueryLogOptions::on));
}

/// What reading `text` as the value of `key` leaves behind.
LoadContext read(const Key& key, const std::string& text) {
  LoadContext context({}, "f");
  key.read(key, parse_document(text).value(), context);
  return context;
}

std::string error_of(const Key& key, const std::string& text) {
  return to_string(read(key, text).sorted_errors().at(0));
}

TEST(ScalarKey, DescribesATunableFromItsLimits) {
  const Key key = min_ttl_key();
  EXPECT_EQ(key.type, "duration");
  EXPECT_EQ(key.default_text, "5s");
  EXPECT_EQ(key.allowed, "0s..1m");
  EXPECT_EQ(key.effect, Effect::Reload);
}

TEST(ScalarKey, DescribesAChoiceFromItsWords) {
  const Key key = queries_key();
  EXPECT_EQ(key.type, "boolean");
  EXPECT_EQ(key.default_text, "false");
  EXPECT_EQ(key.allowed, "true, false");
  EXPECT_EQ(key.effect, Effect::Restart);
}

TEST(ScalarKey, TakesTheLimitsThemselves) {
  EXPECT_EQ(read(min_ttl_key(), "0").config.cache.ttl.min_ttl, seconds(0));
  EXPECT_EQ(read(min_ttl_key(), "1m").config.cache.ttl.min_ttl, seconds(60));
  EXPECT_THAT(read(min_ttl_key(), "1m").written("cache.min_ttl"), ElementsAre(Position{1, 1}));
}

TEST(ScalarKey, RefusesWhatIsOutsideTheLimits) {
  EXPECT_EQ(error_of(min_ttl_key(), "61s"), "f:1:1: cache.min_ttl: '61s' is out of range (0s..1m)");
  EXPECT_TRUE(read(min_ttl_key(), "61s").written("cache.min_ttl").empty());
  EXPECT_EQ(error_of(min_ttl_key(), "[1s]"), "f:1:1: cache.min_ttl: is a list, not a single value (0s..1m)");
}

TEST(ScalarKey, TakesOneWordForOneThing) {
  EXPECT_TRUE(read(queries_key(), "true").config.query_log.on);
  EXPECT_FALSE(read(queries_key(), "false").config.query_log.on);
  for (const char* text : {"yes", "True", "on", "1", "''"}) {
    EXPECT_THAT(error_of(queries_key(), text),
                testing::HasSubstr("is none of the words allowed here (true, false)"));
  }
}

TEST(ScalarKey, ComparesItsOwnFieldOnly) {
  Config left;
  Config right;
  right.log.level = LogLevel::Debug;
  EXPECT_TRUE(queries_key().same(left, right));
  right.query_log.on = true;
  EXPECT_FALSE(queries_key().same(left, right));
}

}  // namespace
}  // namespace pacedns::config
