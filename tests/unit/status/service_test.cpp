#include "pacedns/status/service.hpp"

#include <gmock/gmock.h>

#include "pacedns/status/exposition.hpp"

#include "support/service_probe.hpp"

// What everybody is served; what is only for the control socket is in service_control_test.cpp.

namespace pacedns::status {
namespace {

using namespace std::chrono_literals;
using test::kStart;
using test::MessageBuilder;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::shared_ptr<const forward::FlightRecord> flown() {
  test::FlownFlight flight(1);
  flight.reply(0, MessageBuilder("www.example.").response().answer("www.example. 300 IN A 198.51.100.7"),
               10ms);
  return flight.record();
}

class ServiceTest : public testing::Test {
 protected:
  std::size_t flights(const char* target) {
    const Response response = probe_.remote(target);
    EXPECT_EQ(response.status, 200U) << response.body;
    return probe_.json(response).at("flights").as_array().size();
  }

  test::ServiceProbe probe_;
};

TEST_F(ServiceTest, ServesThePageToAll) {
  for (const bool local : {false, true}) {
    EXPECT_THAT(probe_.ask("GET", "/", local).content_type, StartsWith("text/html"));
    EXPECT_THAT(probe_.ask("GET", "/page.css", local).content_type, StartsWith("text/css"));
    EXPECT_THAT(probe_.ask("GET", "/page.js", local).content_type, HasSubstr("javascript"));
    EXPECT_THAT(probe_.ask("GET", "/", local).body, HasSubstr("<html"));
  }
}

TEST_F(ServiceTest, ServesMetrics) {
  const Response response = probe_.remote("/metrics");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.content_type, kExpositionType);
  EXPECT_THAT(response.body, HasSubstr("# TYPE pacedns_"));
}

TEST_F(ServiceTest, WhatIsNotThereIsNotFoundOnBoth) {
  for (const char* path : {"/nothing", "/api", "/api/", "/api/status/", "/API/status", "//", "/..%2fetc"}) {
    for (const bool local : {false, true}) {
      const Response response = probe_.ask("GET", path, local);
      EXPECT_EQ(response.status, 404U) << path;
      EXPECT_THAT(probe_.error(response), HasSubstr("there is nothing at /"));
    }
  }
}

TEST_F(ServiceTest, APathOfAnyOctetsIsToldAsInAUrl) {
  EXPECT_EQ(probe_.error(probe_.remote("/%ff%00%0a%c3%bc")), "there is nothing at /%FF%00%0A%C3%BC");
}

TEST_F(ServiceTest, WhatIsForTheControlSocketIsNotThereOverTcp) {
  for (const char* path : {"/api/explain?name=www.example", "/api/flush?all=1", "/api/dump"}) {
    const Response response = probe_.remote(path);
    EXPECT_EQ(response.status, 404U) << path;
    EXPECT_EQ(probe_.remote("/api/nothing").allow, response.allow) << "as if there were no such path";
  }
}

TEST_F(ServiceTest, ReadersOfTheStatusSeeTheirPrivacy) {
  EXPECT_EQ(probe_.json(probe_.remote("/api/status")).at("privacy"), "hashed") << "unless told otherwise";
  probe_.service.show(Privacy::Hidden);
  EXPECT_EQ(probe_.json(probe_.remote("/api/status")).at("privacy"), "hidden");
  EXPECT_EQ(probe_.json(probe_.local("/api/status")).at("privacy"), "full");
}

TEST_F(ServiceTest, StatusAndHistoryAreMadeFromItsSamples) {
  EXPECT_EQ(probe_.json(probe_.remote("/api/history")).at("queries_per_s").as_array().size(), 0U);
  probe_.subject.now = {};
  probe_.service.sample(kStart);
  probe_.subject.now.totals.counters[static_cast<std::size_t>(metrics::Counter::QueriesUdp)] = 20;
  probe_.service.sample(kStart + 1s);
  probe_.service.sample(kStart + 2s);
  EXPECT_EQ(probe_.json(probe_.remote("/api/history")).at("queries_per_s"),
            boost::json::parse("[20.0, 0.0]"));
  EXPECT_EQ(probe_.json(probe_.remote("/api/status")).at("rates").at("queries_per_s"), 10.0);
  EXPECT_EQ(probe_.json(probe_.remote("/api/status")).at("indicators").at("over_s"), 2.0);
}

TEST_F(ServiceTest, APathOfTheConfigurationThatIsNoUtf8IsStillJson) {
  probe_.subject.now.config_path = "/etc/\xff.yaml";
  EXPECT_EQ(probe_.json(probe_.remote("/api/status")).at("config"), "/etc/\xef\xbf\xbd.yaml");
}

TEST_F(ServiceTest, FlightsAreFiftyUnlessALimitIsGiven) {
  EXPECT_EQ(flights("/api/flights"), 0U);
  probe_.subject.flights.assign(300, flown());
  EXPECT_EQ(flights("/api/flights"), 50U);
  EXPECT_EQ(flights("/api/flights?limit=0"), 0U);
  EXPECT_EQ(flights("/api/flights?limit=3"), 3U);
  EXPECT_EQ(flights("/api/flights?limit=200"), 200U);
}

TEST_F(ServiceTest, FlightsAreNeverMoreThanTwoHundred) {
  probe_.subject.flights.assign(300, flown());
  EXPECT_EQ(flights("/api/flights?limit=201"), 200U);
  EXPECT_EQ(flights("/api/flights?limit=4294967296"), 200U);
  EXPECT_EQ(flights("/api/flights?limit=99999999999999999999999999"), 200U);
}

TEST_F(ServiceTest, ALimitThatIsNoNumberIsRefused) {
  for (const char* limit : {"abc", "", "-1", "1x", "0x10", "%ff", "+1", "%201"}) {
    const Response response = probe_.remote(std::string("/api/flights?limit=") + limit);
    EXPECT_EQ(response.status, 400U) << limit;
    EXPECT_EQ(probe_.error(response), "limit is no number");
  }
}

TEST_F(ServiceTest, FlightsShowNamesAsFarAsTheListenerMay) {
  probe_.subject.flights = {flown()};
  const auto shown = [&](bool local) { return probe_.ask("GET", "/api/flights", local).body; };
  probe_.service.show(Privacy::Hidden);
  EXPECT_THAT(shown(false), HasSubstr(R"("name":null)"));
  EXPECT_THAT(shown(false), HasSubstr("address 1"));
  EXPECT_THAT(shown(false), Not(HasSubstr("198.51.100.7")));
  EXPECT_THAT(shown(true), HasSubstr("www.example."));
  EXPECT_THAT(shown(true), HasSubstr("198.51.100.7"));
  probe_.service.show(Privacy::Hashed);
  EXPECT_THAT(shown(false), HasSubstr(R"("name":"#)"));
  EXPECT_THAT(shown(false), Not(HasSubstr("example")));
  EXPECT_THAT(shown(false), Not(HasSubstr("198.51.100.7")));
  probe_.service.show(Privacy::Full);
  EXPECT_THAT(shown(false), HasSubstr("www.example."));
}

TEST_F(ServiceTest, ParametersThatNobodyKnowsChangeNothing) {
  EXPECT_EQ(probe_.remote("/api/status?when=now").status, 200U);
}

}  // namespace
}  // namespace pacedns::status
