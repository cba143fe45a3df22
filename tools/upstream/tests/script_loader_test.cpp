#include "upstream/script_loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "upstream/values.hpp"

namespace pacedns::simulator {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::HasSubstr;
using testing::StartsWith;

std::string error_of(const std::string& yaml) {
  try {
    (void)load_script(yaml, "s.yaml");
  } catch (const ScriptError& error) {
    return error.what();
  }
  return "";
}

TEST(ScriptLoader, ReadsEveryKey) {
  const Script script = load_script(R"(
seed: 9
synthesize: false
upstreams:
  - name: A
    listen: 127.0.0.1:0
    delay: 50ms
    jitter: 1.5ms
    loss: 0.25
    dark: [ {from: 2s, to: 4s}, {from: 10s} ]
    refuse: true
    rcode: SERVFAIL
    truncate: size
    tcp: split
    edns: ignore
    question: other
    id: wrong
    qr: false
    soa: false
    duplicate: 2
    mutate: 0.5
    ttl: 7
    authentic_data: yes
    zones: other
    answer: [ "www.example. 30 IN A 192.0.2.9" ]
    names: { "Slow.Example.": {delay: 2s, rcode: REFUSED, dark: on} }
records:
  other: [ "www.example. A 192.0.2.1" ]
)",
                                    "s.yaml");
  EXPECT_EQ(script.seed, 9U);
  EXPECT_FALSE(script.synthesize);
  ASSERT_EQ(script.upstreams.size(), 1U);
  const UpstreamScript& upstream = script.upstreams[0];
  EXPECT_EQ(upstream.behaviour.delay, 50ms);
  EXPECT_EQ(upstream.behaviour.jitter, std::chrono::microseconds(1500));
  EXPECT_EQ(upstream.behaviour.loss, 0.25);
  ASSERT_EQ(upstream.dark.size(), 2U);
  EXPECT_EQ(upstream.dark[0].from, 2s);
  EXPECT_EQ(upstream.dark[0].to, 4s);
  EXPECT_EQ(upstream.dark[1].to, Duration::max());
  EXPECT_TRUE(upstream.behaviour.refuse);
  EXPECT_EQ(upstream.behaviour.rcode, 2);
  EXPECT_EQ(upstream.behaviour.truncate, Truncate::Size);
  EXPECT_EQ(upstream.behaviour.tcp, TcpMode::Split);
  EXPECT_EQ(upstream.behaviour.edns, EdnsMode::Ignore);
  EXPECT_EQ(upstream.behaviour.question, QuestionMode::Other);
  EXPECT_EQ(upstream.behaviour.id, IdMode::Wrong);
  EXPECT_FALSE(upstream.behaviour.qr);
  EXPECT_FALSE(upstream.behaviour.soa);
  EXPECT_EQ(upstream.behaviour.duplicate, 2U);
  EXPECT_EQ(upstream.behaviour.ttl, 7U);
  EXPECT_TRUE(upstream.behaviour.authentic_data);
  EXPECT_EQ(upstream.zones, "other");
  EXPECT_EQ(upstream.answer.size(), 1U);
  EXPECT_EQ(upstream.names.count(canonical_name("slow.example.")), 1U);
}

TEST(ScriptLoader, SaysWhereAnErrorIs) {
  const std::string upstream = "upstreams:\n  - name: A\n    listen: 127.0.0.1:0\n";
  EXPECT_THAT(error_of(upstream + "    delay: fast\n"),
              StartsWith("s.yaml:4:12: upstreams[0].delay: 'fast'"));
  EXPECT_THAT(error_of(upstream + "    dealy: 1s\n"),
              StartsWith("s.yaml:4:12: upstreams[0].dealy: unknown key"));
  EXPECT_THAT(error_of(upstream + "    zones: none\n"),
              HasSubstr(":4:12: upstreams[0].zones: no such record set"));
  EXPECT_THAT(error_of(upstream + "    answer:\n      - www.example. IN A 1.2.3\n"),
              StartsWith("s.yaml:5:9: upstreams[0].answer[0]: 'www.example. IN A 1.2.3' is not a record"));
  EXPECT_THAT(error_of(upstream + "    names: {x.: {tcp: close}}\n"),
              HasSubstr("applies to a whole upstream"));
  EXPECT_THAT(error_of(upstream + "    dark: [{from: 2s, to: 1s}]\n"), HasSubstr("must end after it begins"));
  EXPECT_THAT(error_of(upstream + "  - name: A\n    listen: 127.0.0.1:0\n"), HasSubstr("given twice"));
}

TEST(ScriptLoader, NeedsWhatItNeeds) {
  EXPECT_THAT(error_of(""), HasSubstr("must be a map"));
  EXPECT_THAT(error_of("seed: 1"), HasSubstr("upstreams is missing"));
  EXPECT_THAT(error_of("upstreams: [{name: A}]"), HasSubstr("listen is missing"));
  EXPECT_THAT(error_of("upstreams: [{listen: '127.0.0.1:0'}]"), HasSubstr("name is missing"));
  EXPECT_THAT(error_of("upstreams: [{name: A, listen: localhost}]"), HasSubstr("is not an address"));
  EXPECT_THAT(error_of("upstreams: [{name: A"), StartsWith("s.yaml:1:"));
}

TEST(ScriptLoader, ReadsRecordLists) {
  EXPECT_EQ(parse_record_list(R"(["a. 1 A 192.0.2.1", "b. 1 A 192.0.2.2"])").size(), 2U);
  EXPECT_TRUE(parse_record_list("[]").empty());
  EXPECT_THROW((void)parse_record_list("[\"a. 1 A\"]"), ValueError);
  EXPECT_THROW((void)parse_record_list("a. 1 A 192.0.2.1"), ValueError);
  EXPECT_THROW((void)parse_record_list("["), ValueError);
}

TEST(Values, RefuseWhatMakesNoSense) {
  for (const char* text : {"", "5", "-1s", "1 s", "nan", "infs", "1e300s", "25h", "1000m0"}) {
    EXPECT_THROW((void)parse_duration(text), ValueError) << text;
  }
  EXPECT_EQ(parse_duration("0"), Duration::zero());
  for (const char* text : {"", "-0.1", "1.1", "nan", "0.5x"}) {
    EXPECT_THROW((void)parse_share(text), ValueError) << text;
  }
  EXPECT_EQ(parse_rcode("badvers"), 16);
  EXPECT_EQ(parse_rcode("4095"), 4095);
  EXPECT_THROW((void)parse_rcode("4096"), ValueError);
  EXPECT_EQ(rcode_name(99), "RCODE99");
}

}  // namespace
}  // namespace pacedns::simulator
