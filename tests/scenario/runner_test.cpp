#include "scenario/runner.hpp"

#include <string>

#include <gmock/gmock.h>

// A scenario that tells something else than what happens must fail. Run without scenario files.

namespace pacedns::scenario {
namespace {

using testing::HasSubstr;

constexpr const char* kScene = "upstream a 10ms\nupstream b 20ms\ndata all: w.example. 300 IN A 192.0.2.1\n";
constexpr const char* kAsked = "query c1 w.example. A\nasked a b\n";

/// What is wrong with these lines after the scene, with the line's number; empty if nothing is.
std::string failure_of(const std::string& lines) {
  Runner runner;
  try {
    runner.play(parse_script(kScene + lines));
  } catch (const std::exception& failure) {
    return std::to_string(runner.line()) + ": " + failure.what();
  }
  return "";
}

TEST(ScenarioRunner, TakesWhatIsTrue) {
  EXPECT_EQ(failure_of(std::string(kAsked) + "at 10ms\nanswered c1 NOERROR 192.0.2.1 ttl 300\n"), "");
  EXPECT_EQ(failure_of("# nothing\n\n"), "");
}

TEST(ScenarioRunner, NamesTheLineAndBothSides) {
  EXPECT_EQ(failure_of("query c1 w.example. A\nasked b a\n"), "5: expected: asked b a\n    seen: asked a b");
  EXPECT_EQ(failure_of(std::string(kAsked) + "at 10ms\nanswered c1 NXDOMAIN\n"),
            "7: expected: answered c1 NXDOMAIN\n    seen: answered c1 NOERROR 192.0.2.1 ttl 300");
}

TEST(ScenarioRunner, EverythingMustBeTold) {
  EXPECT_THAT(failure_of("query c1 w.example. A\nat 10ms\n"), HasSubstr("5: not told: at 0ms asked a"));
  EXPECT_THAT(failure_of(std::string(kAsked) + "at 1s\n"), HasSubstr("not told: at 10ms answered c1"));
  EXPECT_THAT(failure_of(kAsked), HasSubstr("not told: at 10ms answered c1"));
  EXPECT_EQ(failure_of(std::string(kAsked) + "rest\n"), "");
}

TEST(ScenarioRunner, WhatDoesNotHappenCannotBeTold) {
  EXPECT_THAT(failure_of(std::string(kAsked) + "answered c1 NOERROR\n"), HasSubstr("seen: nothing of it"));
  EXPECT_THAT(failure_of(std::string(kAsked) + "at 10ms\nhit c1 NOERROR\n"),
              HasSubstr("seen: nothing of it"));
  EXPECT_THAT(failure_of(std::string(kAsked) + "asked c\n"), HasSubstr("expected: asked c"));
  EXPECT_THAT(failure_of("flights 1\n"), HasSubstr("seen: flights 0"));
  EXPECT_THAT(failure_of("state a down\n"), HasSubstr("seen: a up"));
  EXPECT_THAT(failure_of(std::string(kAsked) + "skip 1s\nwaited c1 9ms\n"), HasSubstr("seen: 10ms"));
  EXPECT_THAT(failure_of(std::string(kAsked) + "skip 1s\nwaited c1 at-most 9ms\n"), HasSubstr("seen: 10ms"));
}

TEST(ScenarioRunner, AMistakeInTheScriptIsNamed) {
  for (const char* const mistake :
       {"quary c1 w.example. A\n", "at soon\n", "option speed 1\n", "change a: rude\n", "change z: silent\n",
        "data a: w.example. IN A 192.0.2.1\n", "query c1 w.example. NOTYPE\n",
        "query c1 w.example. A twice\n", "counter luck 1\n", "at 2s\nat 1s\n", "upstream d\n", "at\n"}) {
    EXPECT_NE(failure_of(mistake), "") << mistake;
  }
}

}  // namespace
}  // namespace pacedns::scenario
