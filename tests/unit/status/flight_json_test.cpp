#include "pacedns/status/flight_json.hpp"

#include <boost/asio/error.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>

#include "support/fake_subject.hpp"

namespace pacedns::status {
namespace {

using namespace std::chrono_literals;
using boost::json::array;
using boost::json::object;
using test::FlownFlight;
using test::kStart;
using test::MessageBuilder;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint16_t kTxt = 16;

object json_of(const forward::FlightRecord& record, Privacy privacy = Privacy::Full) {
  const WallClock clock(kStart, std::chrono::system_clock::time_point(1'790'000'000s));
  return flight_json(record, Disguise(privacy, test::hasher()), clock);
}

object json_of(const FlownFlight& flight, Privacy privacy = Privacy::Full) {
  return json_of(*flight.record(), privacy);
}

object attempt_of(const FlownFlight& flight, std::size_t position) {
  return json_of(flight).at("attempts").at(position).as_object();
}

MessageBuilder reply() {
  return MessageBuilder("www.example.").response();
}

MessageBuilder reply_with(std::initializer_list<const char*> addresses) {
  MessageBuilder message = reply();
  for (const char* address : addresses)
    message.answer(std::string("www.example. 300 IN A ") + address);
  return message;
}

MessageBuilder txt_reply(const char* text) {
  return MessageBuilder("www.example.", kTxt)
      .response()
      .answer(std::string("www.example. 300 IN TXT ") + text);
}

/// Of two upstreams that are asked at once the first answers, and then the second.
FlownFlight answered_twice(const MessageBuilder& winner, const MessageBuilder& other,
                           const MessageBuilder& question = MessageBuilder("www.example.")) {
  FlownFlight flight(2, question);
  flight.reply(0, winner, 10ms).reply(1, other, 20ms);
  return flight;
}

TEST(FlightJson, TellsTheWholeStory) {
  FlownFlight flight(3);
  flight.ask_again(20ms)
      .reply(0, reply_with({"192.0.2.1", "192.0.2.2"}), 50250us)
      .reply(1, reply_with({"192.0.2.3", "192.0.2.2"}), 80ms)
      .reply(2, reply().response(dns::Rcode::ServFail), 120500us);
  const auto expected = boost::json::parse(R"({
    "id": 1, "name": "www.example.", "type": "A", "do": false, "cd": false,
    "started_s": 1790000000.0, "open": false, "clients": 2,
    "second_tier": {"at_ms": 50.25, "reason": "first_reply"},
    "answered_ms": 50.25, "answered_by": "u1", "rcode": "NOERROR", "finished_ms": 120.5,
    "attempts": [
      {"upstream": "u1", "tier": "active", "launched_ms": 0.0, "ended_ms": 50.25, "outcome": "usable",
       "rcode": "NOERROR", "error": null, "transport": "udp", "edns": true, "retransmissions": 0,
       "winner": true, "merge": "winner", "why": null, "addresses": ["192.0.2.1", "192.0.2.2"]},
      {"upstream": "u2", "tier": "active", "launched_ms": 0.0, "ended_ms": 80.0, "outcome": "usable",
       "rcode": "NOERROR", "error": null, "transport": "udp", "edns": true, "retransmissions": 0,
       "winner": false, "merge": "merged", "why": null, "addresses": ["192.0.2.3", "192.0.2.2"]},
      {"upstream": "u3", "tier": "second", "launched_ms": 50.25, "ended_ms": 120.5, "outcome": "failure",
       "rcode": "SERVFAIL", "error": null, "transport": "udp", "edns": true, "retransmissions": 0,
       "winner": false, "merge": null, "why": null, "addresses": []}],
    "addresses": [
      {"address": "192.0.2.1", "from": ["u1"]},
      {"address": "192.0.2.2", "from": ["u1", "u2"]},
      {"address": "192.0.2.3", "from": ["u2"]}]})");
  EXPECT_EQ(boost::json::value(json_of(flight)), expected) << boost::json::serialize(json_of(flight));
}

TEST(FlightJson, TheAnswersAddressesComeFirstWhereverItsUpstreamStands) {
  FlownFlight flight(2);
  flight.reply(1, reply_with({"192.0.2.7"}), 10ms).reply(0, reply_with({"192.0.2.1", "192.0.2.7"}), 20ms);
  EXPECT_EQ(json_of(flight).at("answered_by"), "u2");
  EXPECT_EQ(json_of(flight).at("addresses"), boost::json::parse(R"([
      {"address": "192.0.2.7", "from": ["u1", "u2"]}, {"address": "192.0.2.1", "from": ["u1"]}])"));
}

TEST(FlightJson, AnAddressThatAReplyHasTwiceIsThereOnce) {
  const auto flight = answered_twice(reply_with({"192.0.2.1", "192.0.2.1"}), reply_with({"192.0.2.1"}));
  EXPECT_EQ(attempt_of(flight, 0).at("addresses"), boost::json::parse(R"(["192.0.2.1"])"));
  EXPECT_EQ(json_of(flight).at("addresses"),
            boost::json::parse(R"([{"address": "192.0.2.1", "from": ["u1", "u2"]}])"));
}

TEST(FlightJson, HasAddressesOfIpv6) {
  FlownFlight flight(1, MessageBuilder("www.example.", dns::RrType::Aaaa));
  flight.reply(0,
               MessageBuilder("www.example.", dns::RrType::Aaaa)
                   .response()
                   .answer("www.example. 300 IN AAAA 2001:db8::1")
                   .answer("www.example. 300 IN A 192.0.2.1"),
               10ms);
  EXPECT_EQ(json_of(flight).at("type"), "AAAA");
  EXPECT_EQ(attempt_of(flight, 0).at("addresses"), boost::json::parse(R"(["2001:db8::1"])"))
      << "only of the type that was asked for";
}

TEST(FlightJson, AddressesOfTheAdditionalSectionAreNoAnswer) {
  FlownFlight flight(1);
  flight.reply(0, reply_with({"192.0.2.1"}).additional("ns.example. 300 IN A 192.0.2.53"), 10ms);
  EXPECT_EQ(attempt_of(flight, 0).at("addresses"), boost::json::parse(R"(["192.0.2.1"])"));
}

TEST(FlightJson, AReplyTooLargeToBeKeptHasNoAddresses) {
  FlownFlight flight(1);
  flight.reply(0,
               reply_with({"192.0.2.1"})
                   .additional(test::record(test::pointer(), kTxt, dns::RrClass::In, 60, test::Octets(8192))),
               10ms);
  EXPECT_EQ(attempt_of(flight, 0).at("outcome"), "usable");
  EXPECT_EQ(attempt_of(flight, 0).at("addresses"), array());
  EXPECT_EQ(json_of(flight).at("addresses"), array());
}

TEST(FlightJson, WhatIsOpenHasNoEnds) {
  FlownFlight flight(3);
  const object json = json_of(flight);
  EXPECT_EQ(json.at("open"), true);
  EXPECT_EQ(json.at("clients"), 1) << "it waits";
  for (const char* key : {"second_tier", "answered_ms", "answered_by", "rcode", "finished_ms"})
    EXPECT_TRUE(json.at(key).is_null()) << key;
  ASSERT_EQ(json.at("attempts").as_array().size(), 2U) << "the third has not been asked";
  EXPECT_EQ(attempt_of(flight, 1).at("outcome"), "pending");
  EXPECT_TRUE(attempt_of(flight, 1).at("ended_ms").is_null());
  EXPECT_TRUE(attempt_of(flight, 1).at("rcode").is_null());
}

TEST(FlightJson, HasTheFlagsOfTheQuestion) {
  const FlownFlight flight(1, MessageBuilder("www.example.", kTxt).opt(1232, true).add_flags(dns::kCd));
  EXPECT_EQ(json_of(flight).at("do"), true);
  EXPECT_EQ(json_of(flight).at("cd"), true);
  EXPECT_EQ(json_of(flight).at("type"), "TXT");
}

TEST(FlightJsonOutcome, NetworkErrorAndNotSentHaveTheErrorsText) {
  FlownFlight flight(3);
  flight.network().errors["192.0.2.3"] = boost::asio::error::network_unreachable;
  flight.fail(0, boost::asio::error::connection_refused, 5ms)
      .fail(1, boost::asio::error::connection_refused, 6ms);
  const object first = attempt_of(flight, 0);
  EXPECT_EQ(first.at("outcome"), "network_error");
  EXPECT_EQ(first.at("error"), "Connection refused");
  EXPECT_EQ(first.at("ended_ms"), 5.0);
  EXPECT_TRUE(first.at("rcode").is_null());
  const object third = attempt_of(flight, 2);
  EXPECT_EQ(third.at("outcome"), "not_sent");
  EXPECT_EQ(third.at("error"), "Network is unreachable");
  const object json = json_of(flight);
  EXPECT_EQ(json.at("second_tier"), boost::json::parse(R"({"at_ms": 6.0, "reason": "all_failed"})"));
  EXPECT_EQ(json.at("rcode"), "SERVFAIL") << "nobody had anything better";
  EXPECT_TRUE(json.at("answered_by").is_null());
  EXPECT_EQ(json.at("answered_ms"), 6.0);
}

TEST(FlightJsonOutcome, SilenceUntilTheDeadlineAndNoFairChance) {
  auto settings = test::settings_with(3);
  settings->plan.total_collect_timeout = 400ms;
  FlownFlight flight(settings, MessageBuilder("www.example."));
  flight.deadline(300ms).deadline(400ms);
  EXPECT_EQ(json_of(flight).at("second_tier").at("reason"), "timeout");
  EXPECT_EQ(attempt_of(flight, 0).at("outcome"), "no_reply");
  EXPECT_EQ(attempt_of(flight, 0).at("ended_ms"), 400.0);
  EXPECT_EQ(attempt_of(flight, 2).at("outcome"), "abandoned");
  EXPECT_EQ(attempt_of(flight, 2).at("launched_ms"), 300.0);
}

TEST(FlightJsonOutcome, AProbeIsATierOfItsOwn) {
  auto settings = test::settings_with(3);
  test::take_down(*settings->upstreams[0].health, kStart - 1min);
  FlownFlight flight(settings, MessageBuilder("www.example."));
  flight.reply(0, reply_with({"192.0.2.1"}), 60ms);
  ASSERT_EQ(json_of(flight).at("attempts").as_array().size(), 3U);
  EXPECT_EQ(attempt_of(flight, 2).at("upstream"), "u1");
  EXPECT_EQ(attempt_of(flight, 2).at("tier"), "probe");
}

TEST(FlightJsonOutcome, HowItWasAskedAtLast) {
  FlownFlight flight(2);
  flight.reply(0, reply().add_flags(dns::kTc), 10ms).reply(1, reply().response(dns::Rcode::FormErr), 20ms);
  EXPECT_EQ(attempt_of(flight, 0).at("transport"), "tcp");
  EXPECT_EQ(attempt_of(flight, 0).at("outcome"), "pending");
  EXPECT_EQ(attempt_of(flight, 1).at("transport"), "udp");
  EXPECT_EQ(attempt_of(flight, 1).at("edns"), false);
  flight.reply(2, reply_with({"192.0.2.1"}), 30ms);
  EXPECT_EQ(attempt_of(flight, 0).at("outcome"), "usable");
}

TEST(FlightJsonOutcome, RetransmissionsAreCounted) {
  FlownFlight flight(1);
  flight.deadline(400ms).deadline(1200ms);
  EXPECT_EQ(attempt_of(flight, 0).at("retransmissions"), 2);
}

TEST(FlightJsonMerge, APoolThatIsFull) {
  MessageBuilder winner = reply();
  for (int i = 1; i <= 31; ++i)
    winner.answer("www.example. 300 IN A 192.0.2." + std::to_string(i));
  const auto flight = answered_twice(winner, reply_with({"192.0.2.100", "192.0.2.101"}));
  EXPECT_EQ(attempt_of(flight, 1).at("merge"), "full");
  EXPECT_EQ(attempt_of(flight, 1).at("why"), "the pool holds as many addresses as it may");
  EXPECT_EQ(attempt_of(flight, 1).at("addresses").as_array().size(), 2U);
}

TEST(FlightJsonMerge, AnotherRcodeAndAnAnswerWithoutDataDisagree) {
  const auto rcode = answered_twice(reply_with({"192.0.2.1"}), reply().response(dns::Rcode::NxDomain));
  EXPECT_EQ(attempt_of(rcode, 1).at("merge"), "disagrees");
  EXPECT_EQ(attempt_of(rcode, 1).at("why"), "its RCODE contradicts the answer, and the first reply decides");
  const auto no_data =
      answered_twice(reply_with({"192.0.2.1"}), reply().authority("example. 300 IN SOA . . 1 1 1 1 60"));
  EXPECT_EQ(attempt_of(no_data, 1).at("merge"), "disagrees");
  EXPECT_EQ(attempt_of(no_data, 1).at("why"),
            "one has data and the other has none, and the first reply decides");
}

TEST(FlightJsonMerge, AddressesOfAnotherName) {
  const auto flight = answered_twice(
      reply_with({"192.0.2.1"}),
      reply().answer("www.example. 300 IN CNAME cdn.example.").answer("cdn.example. 300 IN A 192.0.2.2"));
  EXPECT_EQ(attempt_of(flight, 1).at("merge"), "other_owner");
  EXPECT_EQ(attempt_of(flight, 1).at("why"), "its CNAME chain ends at another name than the answer's");
}

/// What is said of the second reply, which was not mergeable.
std::string why_not(const FlownFlight& flight) {
  const object attempt = attempt_of(flight, 1);
  EXPECT_EQ(attempt.at("merge"), "not_mergeable");
  return attempt.at("why").as_string().c_str();
}

TEST(FlightJsonMerge, WhatIsNotMergeableSaysWhy) {
  EXPECT_EQ(why_not(answered_twice(txt_reply("one"), txt_reply("two"), MessageBuilder("www.example.", kTxt))),
            "only answers to A and AAAA questions are merged");
  EXPECT_EQ(why_not(answered_twice(reply_with({"192.0.2.1"}).opt(1232, true),
                                   reply_with({"192.0.2.2"}).opt(1232, true),
                                   MessageBuilder("www.example.").opt(1232, true))),
            "answers to questions with DO set are not merged");
  EXPECT_THAT(why_not(answered_twice(
                  reply_with({"192.0.2.1"}),
                  reply_with({"192.0.2.2"})
                      .answer("www.example. 300 IN RRSIG A 8 2 300 20300101000000 20200101000000 1 . YQ=="))),
              HasSubstr("RRSIGs"));
  EXPECT_THAT(why_not(answered_twice(reply_with({"0.0.0.0"}), reply_with({"192.0.2.2"}))),
              HasSubstr("an unspecified address"));
}

TEST(FlightJsonMerge, WhereMergingIsOffThatIsWhy) {
  auto settings = test::settings_with(2);
  settings->forward.merge = forward::Merge::Off;
  FlownFlight flight(settings, MessageBuilder("www.example."));
  flight.reply(0, reply_with({"192.0.2.1"}), 10ms).reply(1, reply_with({"192.0.2.2"}), 20ms);
  EXPECT_EQ(why_not(flight), "upstream.merge is off");
}

TEST(FlightJsonMerge, TwoNegativeRepliesHaveNothingToMerge) {
  const auto no_data = reply().authority("example. 300 IN SOA . . 1 1 1 1 60");
  EXPECT_EQ(why_not(answered_twice(no_data, no_data)), "like the answer it has no addresses");
  const auto no_name = MessageBuilder(no_data).response(dns::Rcode::NxDomain);
  EXPECT_EQ(why_not(answered_twice(no_name, no_name)), "like the answer it has no addresses");
}

/// A flight in which everything that could tell a name or an address has happened.
FlownFlight telling_flight(dns::RrType type) {
  const bool ipv6 = type == dns::RrType::Aaaa;
  const MessageBuilder question("secret.example.", type);
  const auto answer = [&](const char* octet) {
    return MessageBuilder(question).response().answer(std::string("secret.example. 300 IN ") +
                                                      (ipv6 ? "AAAA 2001:db8::" : "A 198.51.100.") + octet);
  };
  FlownFlight flight(5, question);
  flight.network().errors["192.0.2.5"] = boost::asio::error::network_unreachable;
  flight.reply(0, answer("77"), 50ms)
      .reply(1, answer("88"), 60ms)
      .reply(2, MessageBuilder(question).response(dns::Rcode::NxDomain), 70ms)
      .fail(3, boost::asio::error::connection_refused, 80ms)
      .deadline(100ms)
      .deadline(3s);
  return flight;
}

TEST(FlightJsonPrivacy, WhatIsHiddenIsNowhereInTheText) {
  for (const dns::RrType type : {dns::RrType::A, dns::RrType::Aaaa}) {
    const auto flight = telling_flight(type);
    const std::string open = boost::json::serialize(json_of(flight));
    EXPECT_THAT(open, HasSubstr("secret.example."));
    EXPECT_THAT(open, HasSubstr(type == dns::RrType::A ? "198.51.100.77" : "2001:db8::77"));
    EXPECT_THAT(open, HasSubstr("Network is unreachable"));
    for (const Privacy privacy : {Privacy::Hidden, Privacy::Hashed}) {
      const std::string text = boost::json::serialize(json_of(flight, privacy));
      for (const char* secret : {"secret", "example", "198.51", "192.0.2", "2001", "db8"})
        EXPECT_THAT(text, Not(HasSubstr(secret)));
    }
  }
}

TEST(FlightJsonPrivacy, HiddenNamesAreNullAndHashedOnesAreAsElsewhere) {
  const FlownFlight flight(1);
  EXPECT_TRUE(json_of(flight, Privacy::Hidden).at("name").is_null());
  EXPECT_EQ(json_of(flight, Privacy::Hashed).at("name").as_string().c_str(),
            Disguise(Privacy::Hashed, test::hasher()).qname(test::name("www.example.")));
}

TEST(FlightJsonPrivacy, AddressesAreNumberedWithinTheFlightTheAnswersFirst) {
  FlownFlight flight(2);
  flight.reply(1, reply_with({"192.0.2.7"}), 10ms).reply(0, reply_with({"192.0.2.1", "192.0.2.7"}), 20ms);
  const object json = json_of(flight, Privacy::Hidden);
  EXPECT_EQ(json.at("attempts").at(0).at("addresses"), boost::json::parse(R"(["address 2", "address 1"])"));
  EXPECT_EQ(json.at("addresses"), boost::json::parse(R"([
      {"address": "address 1", "from": ["u1", "u2"]}, {"address": "address 2", "from": ["u1"]}])"));
}

}  // namespace
}  // namespace pacedns::status
