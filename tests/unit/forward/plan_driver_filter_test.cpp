#include <gmock/gmock.h>

#include "pacedns/dns/presentation.hpp"
#include "pacedns/forward/plan_driver.hpp"

#include "unit/forward/forwarding.hpp"

// Replies that do not pass as they are, on their way to clients, cache and pool.

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;
using metrics::Counter;
using test::Asked;
using test::kStart;
using test::MessageBuilder;
using testing::ElementsAre;
using testing::IsEmpty;

MessageBuilder reply_with(const std::string& address) {
  return MessageBuilder("www.example.").response().answer("www.example. 300 IN A " + address);
}

std::shared_ptr<Settings> filtering() {
  auto settings = test::settings_with(2);
  settings->forward.answers.rebind_protection = true;
  settings->forward.answers.ignore_addresses = {net::Prefix::parse("192.0.2.66").value()};
  return settings;
}

struct Bench : test::DriverBench {
  Bench() : DriverBench(filtering()) { EXPECT_TRUE(ask(Asked(MessageBuilder("www.example.")))); }

  /// What the cache holds for the question.
  std::vector<std::string> cached(TimePoint now) {
    std::vector<std::string> records;
    cache.find(Asked(MessageBuilder("www.example.")).key(), now,
               [&](const dns::ImageView& image, std::uint32_t) {
                 records = dns::records_to_text(image.wire).value();
               });
    return records;
  }
};

TEST(PlanDriverFilter, AnIgnoredReplyLosesToAnyOtherAndSaysNothingAgainstItsUpstream) {
  Bench bench;
  bench.reply(0, reply_with("192.0.2.66"), kStart + 10ms);
  EXPECT_THAT(bench.answers.told, IsEmpty());
  bench.reply(1, reply_with("192.0.2.1"), kStart + 20ms);
  ASSERT_EQ(bench.answers.told.size(), 1U);
  EXPECT_THAT(bench.cached(kStart + 30ms), ElementsAre("www.example. 300 IN A 192.0.2.1"));
  EXPECT_EQ(bench.count(Counter::IgnoredReplies), 1U);
  EXPECT_EQ(bench.settings->upstreams[0].health->smoothed_rtt(), 10ms);
}

TEST(PlanDriverFilter, APrivateAddressReachesNeitherAnswerNorPool) {
  Bench bench;
  bench.reply(0, reply_with("192.0.2.1").answer("www.example. 300 IN A 10.0.0.1"), kStart + 10ms);
  EXPECT_THAT(bench.cached(kStart + 10ms), ElementsAre("www.example. 300 IN A 192.0.2.1"));
  bench.reply(1, reply_with("10.0.0.2").answer("www.example. 300 IN A 192.0.2.2"), kStart + 20ms);
  EXPECT_THAT(bench.cached(kStart + 20ms),
              ElementsAre("www.example. 300 IN A 192.0.2.1", "www.example. 300 IN A 192.0.2.2"));
  EXPECT_EQ(bench.count(Counter::ReboundAddresses), 2U);
}

TEST(PlanDriverFilter, AnAnswerOfPrivateAddressesOnlyIsEmptyAndNotKept) {
  Bench bench;
  bench.reply(0, reply_with("10.0.0.1"), kStart + 10ms);
  ASSERT_EQ(bench.answers.told.size(), 1U);
  EXPECT_EQ(dns::Header::read(bench.answers.told[0].image->wire).answer_count, 0U);
  EXPECT_FALSE(bench.cache.find(Asked(MessageBuilder("www.example.")).key(), kStart + 10ms,
                                [](const dns::ImageView&, std::uint32_t) {}));
}

}  // namespace
}  // namespace pacedns::forward
