#include "pacedns/forward/query_log.hpp"

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>

#include "support/message_builder.hpp"
#include "unit/forward/forwarding.hpp"

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;
using test::kStart;
using testing::HasSubstr;
using testing::Not;

class QueryLogTest : public testing::Test {
 protected:
  QueryLogTest() { logger_->set_pattern("%v"); }

  void apply(const QueryLogOptions& options) { log_.apply(options, logger_); }

  /// How many of so many queries at `now` are picked.
  unsigned picked(unsigned queries, TimePoint now = kStart) {
    unsigned count = 0;
    for (unsigned i = 0; i < queries; ++i)
      count += log_.wanted(now) ? 1U : 0U;
    return count;
  }

  /// The line for a query, the next one that is picked.
  std::string line(const QueryLog::Entry& entry, TimePoint now = kStart) {
    text_.str("");
    EXPECT_TRUE(log_.wanted(now));
    log_.write(entry);
    return text_.str();
  }

  /// The line for a name of these labels.
  std::string line_for(std::initializer_list<std::string_view> labels) {
    test::Octets question;
    for (const std::string_view label : labels) {
      question.push_back(static_cast<std::uint8_t>(label.size()));
      question.insert(question.end(), label.begin(), label.end());
    }
    const test::Octets root_and_type_and_class{0, 0, 1, 0, 1};
    question.insert(question.end(), root_and_type_and_class.begin(), root_and_type_and_class.end());
    return line({.client = client_, .question = question, .from = "cache"});
  }

  QueryLog log_{1};
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> logger_ =
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_));
  boost::asio::ip::address client_ = boost::asio::ip::make_address("192.0.2.7");
  test::Octets query_ = test::MessageBuilder("www.Example.org.").wire();
  Bytes question_ = Bytes(query_).subspan(12);
  QueryLog::Entry plain_{.client = client_, .question = question_, .from = "cache"};
};

TEST_F(QueryLogTest, ALineHoldsTheQueryAndWhatBecameOfIt) {
  apply({.on = true});
  EXPECT_EQ(line({.client = client_, .question = question_, .from = "cache", .took = 12900ns}),
            "event=query client=192.0.2.7 transport=udp qname=www.Example.org. qtype=A rcode=NOERROR "
            "from=cache us=12 skipped=0\n");
  EXPECT_EQ(line({.client = boost::asio::ip::make_address("2001:db8::1"),
                  .over_tcp = true,
                  .question = question_,
                  .rcode = dns::Rcode::ServFail,
                  .from = "none",
                  .took = 3s}),
            "event=query client=2001:db8::1 transport=tcp qname=www.Example.org. qtype=A rcode=SERVFAIL "
            "from=none us=3000000 skipped=0\n");
}

TEST_F(QueryLogTest, IsOffUntilItIsTurnedOnAndWhenItIsTurnedOff) {
  EXPECT_EQ(picked(10), 0U);
  apply({.on = false});
  EXPECT_EQ(picked(10), 0U);
  log_.apply({.on = true}, nullptr);
  EXPECT_EQ(picked(10), 0U);
  EXPECT_FALSE(log_.on());
  apply({.on = true});
  EXPECT_TRUE(log_.on());
  EXPECT_EQ(picked(10), 10U);
  apply({.on = false});
  EXPECT_EQ(picked(10), 0U);
  EXPECT_EQ(logger_.use_count(), 1) << "a log that is off keeps no logger";
}

TEST_F(QueryLogTest, SamplesEveryNthQuery) {
  apply({.on = true, .sample = 3});
  std::string pattern;
  for (int i = 0; i < 9; ++i)
    pattern += log_.wanted(kStart) ? '1' : '0';
  EXPECT_EQ(pattern, "001001001");
}

TEST_F(QueryLogTest, WritesNoMoreThanTheRateInASecondAndSaysHowManyItSkipped) {
  apply({.on = true, .rate = 5});
  EXPECT_EQ(picked(100), 5U);
  EXPECT_EQ(picked(100, kStart + 999ms), 0U);
  EXPECT_THAT(line(plain_, kStart + 1s), HasSubstr(" skipped=195\n"));
  EXPECT_THAT(line(plain_, kStart + 1s), HasSubstr(" skipped=0\n"));
  EXPECT_EQ(picked(100, kStart + 1s), 3U);
}

TEST_F(QueryLogTest, OnlySampledQueriesCountForTheRateAndAsSkipped) {
  apply({.on = true, .sample = 10, .rate = 2});
  EXPECT_EQ(picked(50), 2U);
  EXPECT_EQ(picked(9, kStart + 1s), 0U);
  EXPECT_THAT(line(plain_, kStart + 1s), HasSubstr(" skipped=3\n"));
}

TEST_F(QueryLogTest, WorkersShareTheRateButEachHasOne) {
  for (const auto& [rate, share] : {std::pair{1000U, 250U}, std::pair{7U, 1U}, std::pair{1U, 1U}}) {
    log_ = QueryLog(4);
    apply({.on = true, .rate = rate});
    EXPECT_EQ(picked(2000), share) << rate;
  }
}

TEST_F(QueryLogTest, AReloadThatChangesNothingForgetsNothing) {
  apply({.on = true, .sample = 4, .rate = 1});
  EXPECT_EQ(picked(11), 1U);
  apply({.on = true, .sample = 4, .rate = 1});
  EXPECT_EQ(picked(1), 0U) << "the rate still holds";
  EXPECT_EQ(picked(3, kStart + 1s), 0U);
  EXPECT_THAT(line(plain_, kStart + 1s), HasSubstr(" skipped=2\n"));
  apply({.on = true, .sample = 1, .rate = 2});
  EXPECT_EQ(picked(10, kStart + 1s), 2U);
}

TEST_F(QueryLogTest, ClientsAreTruncatedOrLeftOut) {
  const auto client_in = [this](const char* address) {
    const std::string text =
        line({.client = boost::asio::ip::make_address(address), .question = question_, .from = "cache"});
    return text.substr(0, text.find(" transport="));
  };
  apply({.on = true, .clients = ClientPrivacy::Truncated});
  EXPECT_EQ(client_in("192.0.2.7"), "event=query client=192.0.2.0/24");
  EXPECT_EQ(client_in("::ffff:192.0.2.7"), "event=query client=192.0.2.0/24");
  EXPECT_EQ(client_in("2001:db8:1:ffff:2:3:4:5"), "event=query client=2001:db8:1::/48");
  EXPECT_EQ(client_in("fe80::1%1"), "event=query client=fe80::/48");
  apply({.on = true, .clients = ClientPrivacy::Off});
  EXPECT_EQ(client_in("192.0.2.7"), "event=query");
}

TEST_F(QueryLogTest, NoNameCanLookLikeAFieldOrALine) {
  apply({.on = true});
  EXPECT_THAT(line_for({"x rcode=NXDOMAIN", "y"}), HasSubstr(R"( qname=x\032rcode\061NXDOMAIN.y. )"));
  EXPECT_THAT(line_for({"\"x", "it's"}), HasSubstr(R"( qname=\034x.it\039s. )"));
  EXPECT_THAT(line_for({"a\nevent=query", "b\tc\x01\x7f"}),
              HasSubstr(R"( qname=a\010event\061query.b\009c\001\127. )"));
  EXPECT_THAT(line_for({"dot.in", "back\\slash", "\xc3\xbc"}),
              HasSubstr(R"( qname=dot\.in.back\\slash.\195\188. )"));
  EXPECT_THAT(line_for({}), HasSubstr(" qname=. "));
}

TEST_F(QueryLogTest, AQueryWithoutAQuestionHasALineToo) {
  apply({.on = true});
  EXPECT_EQ(line({.client = client_, .question = {}, .rcode = dns::Rcode::FormErr, .from = "refused"}),
            "event=query client=192.0.2.7 transport=udp qname=(none) qtype=(none) rcode=FORMERR "
            "from=refused us=0 skipped=0\n");
}

TEST_F(QueryLogTest, EveryOctetOfANameLeavesOneLineOfNineFields) {
  apply({.on = true});
  for (int octet = 0; octet < 256; ++octet) {
    const std::string label(1, static_cast<char>(octet));
    const std::string text = line_for({label, "x"});
    EXPECT_EQ(std::ranges::count(text, '\n'), 1) << octet;
    EXPECT_EQ(std::ranges::count(text, ' '), 8) << octet;
    EXPECT_EQ(std::ranges::count(text, '='), 9) << octet;
    EXPECT_TRUE(std::ranges::all_of(text, [](unsigned char c) {
      return c == '\n' || (c >= ' ' && c < 0x7f && c != '"' && c != '\'');
    })) << octet;
  }
}

TEST_F(QueryLogTest, TheLongestNameIsWrittenWhole) {
  apply({.on = true});
  const std::string label(63, '\x01');
  const std::string text = line_for({label, label, label, label.substr(0, 61)});
  EXPECT_THAT(text, Not(HasSubstr("malformed")));
  EXPECT_EQ(std::ranges::count(text, '\\'), 63 * 3 + 61);
}

}  // namespace
}  // namespace pacedns::forward
