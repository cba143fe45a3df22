#include "pacedns/control/attempt_table.hpp"

#include <gmock/gmock.h>

#include "fixtures.hpp"

namespace pacedns::control {
namespace {

using test::json;
using testing::EndsWith;
using testing::HasSubstr;

TEST(AttemptTable, WhoWasAskedWhenAndWhatTheySaid) {
  const auto flight = json(test::kFlight);
  EXPECT_EQ(attempt_table(JsonView(flight)["attempts"]), 1 + R"(
  upstream           tier    asked at      took  said
  fast50             active    0.0 ms   50.0 ms  NOERROR, answered the client
  fast80             active    0.0 ms   80.0 ms  NOERROR, merged
  mid120             second   50.0 ms  120.0 ms  NXDOMAIN, not merged: disagrees
      the first reply has addresses, this one says that there is no such name
  slow160            second   50.0 ms  160.0 ms  SERVFAIL
      over TCP
      without EDNS
      sent again 2 times
  slow200            second  100.0 ms  200.0 ms  network error
      Connection \027[31mrefused
)");
}

TEST(AttemptTable, Outcomes) {
  for (const auto& [attempt, said] :
       {std::pair{R"({"outcome":"no_reply"})", "no reply"},
        {R"({"outcome":"not_sent"})", "could not be sent"},
        {R"({"outcome":"abandoned"})", "given up before a reply"},
        {R"({"outcome":"pending"})", "no reply so far"},
        {R"({"outcome":"failure","rcode":"REFUSED"})", "REFUSED"},
        {R"({"outcome":"from the future"})", "from the future"},
        {R"({"outcome":"usable","rcode":"NOERROR","merge":"other_owner"})",
         "NOERROR, not merged: other name"},
        {R"({"outcome":"usable","rcode":"NOERROR","merge":"not_mergeable"})", "NOERROR, not merged"},
        {R"({"outcome":"usable","rcode":"NOERROR","merge":"new"})", "NOERROR, new"},
        {R"({})", "?"}}) {
    const auto attempts = json("[" + std::string(attempt) + "]");
    EXPECT_THAT(test::lines_of(attempt_table(JsonView(attempts))).at(1), EndsWith(std::string("  ") + said));
  }
}

TEST(AttemptTable, WhatIsStillUnderWayHasTakenNoTime) {
  const auto attempts = json(R"([{"upstream":"x","launched_ms":1.0,"ended_ms":null,"outcome":"pending"}])");
  EXPECT_THAT(attempt_table(JsonView(attempts)), HasSubstr("1.00 ms         -  no reply so far"));
}

TEST(AttemptTable, LongSentencesAreWrapped) {
  const auto attempts = json(R"([{"why":")" + std::string(40, 'a') + ' ' + std::string(40, 'b') + R"("}])");
  EXPECT_LE(test::widest(attempt_table(JsonView(attempts))), 80U);
}

}  // namespace
}  // namespace pacedns::control
