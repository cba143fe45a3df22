#include "pacedns/control/flight_text.hpp"

#include <gmock/gmock.h>

#include "fixtures.hpp"

namespace pacedns::control {
namespace {

using test::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

std::string shown(const boost::json::value& flight) {
  return flight_text(JsonView(flight), 1012.5);
}

TEST(FlightText, WhenItWasAndWhatCameOfIt) {
  EXPECT_THAT(shown(json(test::kFlight)), StartsWith(R"(flight 17, 12 s ago, for 3 queries
  answered NOERROR after 50.0 ms by fast50; finished after 300.0 ms
  second tier from 50.0 ms: the client had its answer

  upstream )"));
}

TEST(FlightText, WhoGaveWhichAddress) {
  EXPECT_THAT(shown(json(test::kFlight)), EndsWith(R"(
  addresses, and who gave them
  192.0.2.1         fast50, fast80
  2001:db8:1111:2222:3333:4444:5555:6666
                    fast80
)"));
}

TEST(FlightText, ManyUpstreamsAreWrapped) {
  auto flight = json(test::kFlight);
  boost::json::array from;
  for (int i = 0; i < 64; ++i)
    from.emplace_back("upstream" + std::to_string(i));
  flight.at("addresses").at(0).as_object()["from"] = from;
  EXPECT_LE(test::widest(shown(flight)), 80U);
}

TEST(FlightText, OneThatIsOpen) {
  auto flight = json(test::kFlight);
  for (const char* key : {"answered_ms", "answered_by", "rcode", "finished_ms", "second_tier"})
    flight.as_object()[key] = nullptr;
  flight.as_object()["open"] = true;
  EXPECT_THAT(shown(flight),
              HasSubstr("  not answered yet; still collecting\n  the second tier was not asked\n"));
}

TEST(FlightText, WhyTheSecondTierWasAsked) {
  auto flight = json(test::kFlight);
  for (const auto& [reason, text] : {std::pair{"all_failed", "all that had been asked had failed"},
                                     {"timeout", "there was no usable reply in time"},
                                     {"new", "new"}}) {
    flight.at("second_tier").as_object()["reason"] = reason;
    EXPECT_THAT(shown(flight), HasSubstr("second tier from 50.0 ms: " + std::string(text) + '\n'));
  }
}

}  // namespace
}  // namespace pacedns::control
