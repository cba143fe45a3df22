#include "pacedns/status/explanation.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "support/fake_subject.hpp"

namespace pacedns::status {
namespace {

using namespace std::chrono_literals;
using test::key_for;
using test::kStart;
using test::MessageBuilder;

MessageBuilder answer(const char* address = "192.0.2.1") {
  return MessageBuilder("www.example.").response().answer(std::string("www.example. 300 IN A ") + address);
}

std::shared_ptr<const forward::FlightRecord> flown(const char* qname, std::uint64_t generation) {
  test::FlownFlight flight(1, MessageBuilder(qname));
  flight.reply(0, MessageBuilder(qname).response().answer(std::string(qname) + " 300 IN A 192.0.2.1"), 10ms);
  auto record = std::make_shared<forward::FlightRecord>(*flight.record());
  record->generation = generation;
  return record;
}

class ExplanationTest : public testing::Test {
 protected:
  boost::json::object explained(const cache::CacheKey& key, Duration after = 0s) {
    const WallClock clock(kStart + after, std::chrono::system_clock::time_point(1'790'000'000s + after));
    return test::completed(explain(&subject_, {key.question().begin(), key.question().end()}, clock));
  }

  test::FakeSubject subject_;
};

TEST_F(ExplanationTest, WithNothingKnownTheListsAreEmpty) {
  subject_.now.totals.remembered = 100;
  EXPECT_EQ(boost::json::value(explained(key_for("www.example.", dns::RrType::Aaaa))), boost::json::parse(R"(
      {"name": "www.example.", "type": "AAAA", "flights_remembered": 100, "cached": [], "flights_left_out": 0,
       "flights": []})"));
}

TEST_F(ExplanationTest, TellsWhatIsCachedAndWhatFlightItIsFrom) {
  subject_.flights = {flown("www.example.", 17)};
  subject_.store(key_for("www.example."), answer(), kStart, 17);
  const auto json = explained(key_for("www.example."), 12s);
  EXPECT_EQ(json.at("cached"), boost::json::parse(R"([
      {"do": false, "cd": false, "rcode": "NOERROR", "stored_ago_s": 12, "expires_in_s": 288, "flight": 17,
       "remembered": true, "answer": ["www.example. 288 IN A 192.0.2.1"]}])"));
  EXPECT_EQ(json.at("flights").at(0).at("id"), 17);
  EXPECT_EQ(json.at("flights").at(0).at("name"), "www.example.");
  EXPECT_EQ(json.at("flights").at(0).at("started_s"), 1'790'000'000.0);
  EXPECT_EQ(json.at("flights").at(0).at("addresses").at(0).at("address"), "192.0.2.1");
}

TEST_F(ExplanationTest, SaysWhenTheFlightIsForgotten) {
  subject_.flights = {flown("www.example.", 18)};
  subject_.store(key_for("www.example."), answer(), kStart, 17);
  const auto json = explained(key_for("www.example."));
  EXPECT_EQ(json.at("cached").at(0).at("remembered"), false);
  EXPECT_EQ(json.at("flights").as_array().size(), 1U);
}

TEST_F(ExplanationTest, FindsTheResponsesForAllFlags) {
  for (const bool dnssec_ok : {false, true})
    for (const bool checking_disabled : {false, true})
      subject_.store(key_for("www.example.", dns::RrType::A, dns::RrClass::In, dnssec_ok, checking_disabled),
                     answer(), kStart);
  const auto cached = explained(key_for("www.example.")).at("cached").as_array();
  ASSERT_EQ(cached.size(), 4U);
  EXPECT_EQ(cached[1].at("do"), false);
  EXPECT_EQ(cached[1].at("cd"), true);
  EXPECT_EQ(cached[2].at("do"), true);
  EXPECT_EQ(cached[2].at("cd"), false);
}

TEST_F(ExplanationTest, IsAboutTheQuestionOnly) {
  subject_.flights = {flown("www.example.", 3), flown("mail.example.", 2), flown("www.example.", 1)};
  subject_.store(key_for("www.example.", dns::RrType::Aaaa), answer(), kStart);
  subject_.store(key_for("example."), answer(), kStart);
  const auto json = explained(key_for("www.example."));
  EXPECT_EQ(json.at("cached").as_array().size(), 0U);
  ASSERT_EQ(json.at("flights").as_array().size(), 2U);
  EXPECT_EQ(json.at("flights").at(0).at("id"), 3);
  EXPECT_EQ(json.at("flights").at(1).at("id"), 1);
}

TEST_F(ExplanationTest, OfManyFlightsTheNewestFiftyAreShown) {
  for (std::uint64_t generation = 60; generation > 0; --generation)
    subject_.flights.push_back(flown("www.example.", generation));
  subject_.store(key_for("www.example."), answer(), kStart, 3);
  const auto json = explained(key_for("www.example."));
  ASSERT_EQ(json.at("flights").as_array().size(), 50U);
  EXPECT_EQ(json.at("flights").at(0).at("id"), 60);
  EXPECT_EQ(json.at("flights").at(49).at("id"), 11);
  EXPECT_EQ(json.at("flights_left_out"), 10);
  EXPECT_EQ(json.at("cached").at(0).at("remembered"), true) << "though it is not shown";
}

TEST_F(ExplanationTest, WhatHasExpiredIsNotCached) {
  subject_.store(key_for("www.example."), answer(), kStart);
  EXPECT_EQ(explained(key_for("www.example."), 299s).at("cached").as_array().size(), 1U);
  EXPECT_EQ(explained(key_for("www.example."), 300s).at("cached").as_array().size(), 0U);
}

TEST_F(ExplanationTest, ANegativeResponseHasItsSoaAsAnswer) {
  subject_.store(key_for("www.example."),
                 MessageBuilder("www.example.")
                     .response(dns::Rcode::NxDomain)
                     .authority("example. 900 IN SOA . . 1 2 3 4 600"),
                 kStart);
  const auto json = explained(key_for("www.example."));
  EXPECT_EQ(json.at("cached").at(0).at("rcode"), "NXDOMAIN");
  EXPECT_EQ(json.at("cached").at(0).at("answer").as_array().size(), 1U);
}

}  // namespace
}  // namespace pacedns::status
