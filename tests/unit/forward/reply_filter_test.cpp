#include "pacedns/forward/reply_filter.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "pacedns/dns/presentation.hpp"

#include "support/cache_messages.hpp"

namespace pacedns::forward {
namespace {

using test::MessageBuilder;
using testing::ElementsAre;

const auto kPublic = boost::asio::ip::make_address("192.0.2.53");
const auto kRouter = boost::asio::ip::make_address("192.168.1.1");

Filtered apply(const AnswerOptions& options, const MessageBuilder& message,
               const boost::asio::ip::address& upstream = kPublic) {
  const test::Reply reply(message);
  return ReplyFilter(options).apply(reply.view(), upstream);
}

MessageBuilder response_with(const std::string& address) {
  const bool v6 = address.find(':') != std::string::npos;
  return MessageBuilder("www.Example.", v6 ? dns::RrType::Aaaa : dns::RrType::A)
      .response()
      .answer("www.example. 300 IN " + std::string(v6 ? "AAAA " : "A ") + address);
}

AnswerOptions protecting() {
  AnswerOptions options;
  options.rebind_protection = true;
  return options;
}

TEST(ReplyFilter, IsOffUnlessThereIsSomethingToLookFor) {
  AnswerOptions options;
  EXPECT_FALSE(ReplyFilter(options).on());
  options.ignore_addresses = {net::Prefix::parse("192.0.2.66").value()};
  EXPECT_TRUE(ReplyFilter(options).on());
  const AnswerOptions rebinding = protecting();
  EXPECT_TRUE(ReplyFilter(rebinding).on());
}

TEST(ReplyFilter, IgnoresAReplyWithOneOfTheAddresses) {
  AnswerOptions options;
  options.ignore_addresses = {net::Prefix::parse("192.0.2.66").value(),
                              net::Prefix::parse("2001:db8::/64").value()};
  EXPECT_TRUE(apply(options, response_with("192.0.2.66")).ignored);
  EXPECT_TRUE(apply(options, response_with("2001:db8::1")).ignored);
  EXPECT_TRUE(apply(options, response_with("192.0.2.1").answer("www.example. 300 IN A 192.0.2.66")).ignored);
  EXPECT_FALSE(apply(options, response_with("192.0.2.67")).ignored);
  EXPECT_FALSE(apply(options, response_with("10.0.0.1")).ignored);
  EXPECT_FALSE(
      apply(options, response_with("192.0.2.1").additional("ns.example. 300 IN A 192.0.2.66")).ignored)
      << "only the answer counts";
}

TEST(ReplyFilter, TakesPrivateAddressesOutOfPublicAnswers) {
  for (const char* address :
       {"10.0.0.1", "172.16.0.1", "192.168.0.1", "127.0.0.1", "169.254.1.1", "100.64.0.1", "0.0.0.0",
        "0.1.2.3", "::1", "::", "fd00::1", "fe80::1", "::ffff:10.0.0.1"}) {
    const Filtered filtered = apply(protecting(), response_with(address));
    EXPECT_FALSE(filtered.ignored) << address;
    EXPECT_EQ(filtered.dropped, 1U) << address;
    EXPECT_THAT(dns::records_to_text(filtered.reply).value(), testing::IsEmpty()) << address;
  }
  for (const char* address : {"192.0.2.1", "2001:db8::1", "172.32.0.1", "8.8.8.8"})
    EXPECT_EQ(apply(protecting(), response_with(address)).dropped, 0U) << address;
}

TEST(ReplyFilter, KeepsWhatElseIsInTheAnswer) {
  const Filtered filtered = apply(protecting(), MessageBuilder("www.example.")
                                                    .response()
                                                    .answer("www.example. 300 IN CNAME a.example.")
                                                    .answer("a.example. 60 IN A 10.0.0.1")
                                                    .answer("a.example. 60 IN A 192.0.2.1")
                                                    .answer("a.example. 60 IN A 10.0.0.2"));
  EXPECT_EQ(filtered.dropped, 2U);
  EXPECT_THAT(dns::records_to_text(filtered.reply).value(),
              ElementsAre("www.example. 300 IN CNAME a.example.", "a.example. 60 IN A 192.0.2.1"));
}

TEST(ReplyFilter, LetsPrivateUpstreamsSayWhatTheyLike) {
  EXPECT_EQ(apply(protecting(), response_with("10.0.0.1"), kRouter).dropped, 0U);
  EXPECT_EQ(apply(protecting(), response_with("10.0.0.1"), boost::asio::ip::make_address("::1")).dropped, 0U);
}

TEST(ReplyFilter, SomeNamesMayHavePrivateAddresses) {
  AnswerOptions options = protecting();
  options.rebind_exceptions = {dns::name_from_text("example").value()};
  EXPECT_EQ(apply(options, response_with("10.0.0.1")).dropped, 0U);
  options.rebind_exceptions = {dns::name_from_text("ample").value(),
                               dns::name_from_text("a.www.example").value()};
  EXPECT_EQ(apply(options, response_with("10.0.0.1")).dropped, 1U);
}

}  // namespace
}  // namespace pacedns::forward
