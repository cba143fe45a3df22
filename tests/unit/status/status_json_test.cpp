#include "pacedns/status/status_json.hpp"

#include <cmath>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include "support/full_report.hpp"

namespace pacedns::status {
namespace {

using namespace std::chrono_literals;
using boost::json::object;
using boost::json::value;
using metrics::Counter;
using test::counted;

constexpr TimePoint kStart{1h};

WallClock clock_at(TimePoint now) {
  return {now, std::chrono::system_clock::time_point(1'790'000'000s)};
}

object status_of(const Report& report, const Timeline& timeline = {}, Privacy privacy = Privacy::Full) {
  const auto window = timeline.last(kIndicatorSpan).counted;
  return status_json(report, indicators(window, report), timeline, privacy, clock_at(kStart));
}

value json(const char* text) {
  return boost::json::parse(text);
}

/// Calls `look` for each number, at any depth.
template <typename Look>
void for_each_number(const value& root, Look look) {
  if (const auto* number = root.if_double()) look(*number);
  if (const auto* members = root.if_object())
    for (const auto& member : *members)
      for_each_number(member.value(), look);
  if (const auto* elements = root.if_array())
    for (const auto& element : *elements)
      for_each_number(element, look);
}

/// So many questions over UDP, answered from the cache and not.
void count(metrics::Counters& counters, std::uint64_t hits, std::uint64_t misses) {
  counters.add(Counter::QueriesUdp, hits + misses);
  counters.add(Counter::CacheHits, hits);
  counters.add(Counter::CacheMisses, misses);
  if (misses > 0) counters.miss_latency.observe(45ms, misses);
}

Report report_of(const metrics::Counters& counters) {
  Report report;
  report.totals.add(counters);
  return report;
}

TEST(StatusJson, HasTheTotals) {
  const object status = status_of(test::full_report(0));
  EXPECT_EQ(status.at("version"), "0.1.0");
  EXPECT_EQ(status.at("pid"), 4711);
  EXPECT_EQ(status.at("uptime_s"), 90.5);
  EXPECT_EQ(status.at("workers"), 2);
  EXPECT_EQ(status.at("config"), "/etc/pacedns/pacedns.yaml");
  EXPECT_EQ(status.at("time_s"), 1'790'000'000.0);
  EXPECT_EQ(status.at("queries"),
            value({{"udp", counted(Counter::QueriesUdp)}, {"tcp", counted(Counter::QueriesTcp)}}));
  EXPECT_EQ(status.at("cache"), value({{"hits", counted(Counter::CacheHits)},
                                       {"misses", counted(Counter::CacheMisses)},
                                       {"entries", 31},
                                       {"bytes", 32'000},
                                       {"size", 64U << 20U},
                                       {"evictions", 33}}));
  EXPECT_EQ(status.at("upstreams"), boost::json::array());
}

TEST(StatusJson, TellsThePrivacyOfTheListener) {
  EXPECT_EQ(status_of({}, {}, Privacy::Full).at("privacy"), "full");
  EXPECT_EQ(status_of({}, {}, Privacy::Hashed).at("privacy"), "hashed");
  EXPECT_EQ(status_of({}, {}, Privacy::Hidden).at("privacy"), "hidden");
}

TEST(StatusJson, OpenFlightsAreThoseThatHaveNotEnded) {
  metrics::Counters counters;
  counters.add(Counter::FlightsStarted, 10);
  counters.add(Counter::FlightsFinished, 7);
  counters.add(Counter::FlightsJoined, 4);
  counters.note_remembered(5);
  EXPECT_EQ(status_of(report_of(counters)).at("flights"),
            json(R"({"open": 3, "started": 10, "joined": 4, "remembered": 5})"));
  counters.add(Counter::FlightsFinished, 4);
  EXPECT_EQ(status_of(report_of(counters)).at("flights").at("open"), 0)
      << "one ended while they were summed up";
}

TEST(StatusJson, HasOneUpstreamAsItIs) {
  Report report;
  report.upstreams = {test::full_upstream(0)};
  const auto number = [](metrics::UpstreamCounter counter) { return counted(counter, 0); };
  using metrics::UpstreamCounter;
  EXPECT_EQ(
      status_of(report).at("upstreams").at(0),
      value({{"name", "upstream0"},
             {"address", "udp://192.0.2.1:53"},
             {"source", "servers"},
             {"state", "up"},
             {"smoothed_rtt_ms", 50.0},
             {"queries",
              {{"active", number(UpstreamCounter::QueriesActiveTier)},
               {"second", number(UpstreamCounter::QueriesSecondTier)},
               {"probe", number(UpstreamCounter::QueriesProbe)}}},
             {"replies",
              {{"usable", number(UpstreamCounter::RepliesUsable)},
               {"failure", number(UpstreamCounter::RepliesFailure)},
               {"truncated", number(UpstreamCounter::RepliesTruncated)},
               {"no_edns", number(UpstreamCounter::RepliesNoEdns)}}},
             {"wins", number(UpstreamCounter::Wins)},
             {"retransmissions", number(UpstreamCounter::Retransmissions)},
             {"failures", number(UpstreamCounter::RepliesFailure) + number(UpstreamCounter::NetworkErrors) +
                              number(UpstreamCounter::Silences)},
             {"mismatches", number(UpstreamCounter::Mismatches)},
             {"rtt_history_ms", boost::json::array()}}));
}

TEST(StatusJson, AnUpstreamThatWasNeverMeasuredHasNullsForIt) {
  Report report;
  report.upstreams = {test::full_upstream(0)};
  report.upstreams[0].smoothed_rtt.reset();
  report.upstreams[0].state = health::State::Suspect;
  Timeline timeline;
  timeline.add(report, kStart);
  report.upstreams[0].smoothed_rtt = 12500us;
  for (int i = 1; i < 6; ++i)
    timeline.add(report, kStart + i * 1s);
  const object status = status_of(report, timeline);
  EXPECT_EQ(status.at("upstreams").at(0).at("state"), "suspect");
  EXPECT_EQ(status.at("upstreams").at(0).at("rtt_history_ms"), json("[null, 12.5]"));
}

TEST(StatusJson, WithoutDataThereAreNullsAndNeitherNanNorInfinity) {
  Timeline twice;
  twice.add({}, kStart);
  twice.add({}, kStart);
  Timeline idle;
  idle.add({}, kStart);
  idle.add({}, kStart + 1s);
  for (const Timeline& timeline : {Timeline(), twice, idle}) {
    const object status = status_of({}, timeline);
    for (const char* rate : {"hit_ratio", "miss_p50_ms", "miss_p99_ms"})
      EXPECT_TRUE(status.at("rates").at(rate).is_null()) << rate;
    ASSERT_EQ(status.at("indicators").at("list").as_array().size(), 5U);
    for (const value& indicator : status.at("indicators").at("list").as_array()) {
      EXPECT_TRUE(indicator.at("value").is_null());
      EXPECT_TRUE(indicator.at("met").is_null());
    }
    for_each_number(status, [](double number) { EXPECT_TRUE(std::isfinite(number)); });
    const object history = history_json(timeline, clock_at(kStart));
    for_each_number(history, [](double number) { EXPECT_TRUE(std::isfinite(number)); });
  }
  EXPECT_TRUE(status_of({}).at("rates").at("queries_per_s").is_null());
  EXPECT_TRUE(status_of({}, twice).at("rates").at("queries_per_s").is_null()) << "no time has passed";
  EXPECT_EQ(status_of({}, idle).at("rates").at("queries_per_s"), 0.0);
}

TEST(StatusJson, RatesAreOfTheLastTenSeconds) {
  Timeline timeline;
  metrics::Counters counters;
  count(counters, 1000, 1000);
  for (int i = 0; i < 30; ++i) {
    timeline.add(report_of(counters), kStart + i * 1s);
    count(counters, 9, 1);
  }
  const object rates = status_of({}, timeline).at("rates").as_object();
  EXPECT_EQ(rates.at("over_s"), 10.0);
  EXPECT_EQ(rates.at("queries_per_s"), 10.0);
  EXPECT_EQ(rates.at("hit_ratio"), 0.9);
  EXPECT_GT(rates.at("miss_p50_ms").as_double(), 40);
  EXPECT_LE(rates.at("miss_p99_ms").as_double(), 50);
}

TEST(StatusJson, AnIndicatorHasItsTargetAndOnlyTheLatencyAMedian) {
  metrics::Counters counters;
  count(counters, 0, 10);
  counters.add(Counter::AnswersActiveTier, 7);
  counters.add(Counter::AnswersSecondTier, 3);
  Timeline timeline;
  timeline.add({}, kStart);
  timeline.add(report_of(counters), kStart + 4s);
  const object all = status_of({}, timeline).at("indicators").as_object();
  EXPECT_EQ(all.at("over_s"), 4.0);
  EXPECT_EQ(all.at("list").at(0), json(R"({"id": "active_tier_answers",
      "title": "Misses answered by the active tier", "unit": "ratio", "value": 0.7, "target": "above",
      "limit": 0.8, "met": false})"));
  const value latency = all.at("list").at(4);
  EXPECT_EQ(latency.at("id"), "miss_latency");
  EXPECT_EQ(latency.at("target"), "below");
  EXPECT_EQ(latency.at("met"), true);
  EXPECT_TRUE(latency.at("p50").is_double());
}

TEST(HistoryJson, WithoutSamplesHasNoValues) {
  EXPECT_EQ(value(history_json({}, clock_at(kStart))), json(R"({"interval_s": 1.0, "end_s": 1790000000.0,
      "queries_per_s": [], "hit_ratio": [], "miss_p50_ms": [], "miss_p99_ms": []})"));
}

TEST(HistoryJson, HasAValueASecondAndGapsWhereNothingWasAsked) {
  Timeline timeline;
  metrics::Counters counters;
  timeline.add(report_of(counters), kStart);
  count(counters, 3, 1);
  timeline.add(report_of(counters), kStart + 1s);
  timeline.add(report_of(counters), kStart + 2s);
  count(counters, 2, 0);
  timeline.add(report_of(counters), kStart + 3s);
  const object history = history_json(timeline, clock_at(kStart + 5s));
  EXPECT_EQ(history.at("end_s"), 1'789'999'998.0) << "two seconds before now";
  EXPECT_EQ(history.at("queries_per_s"), json("[4.0, 0.0, 2.0]"));
  EXPECT_EQ(history.at("hit_ratio"), json("[0.75, null, 1.0]"));
  EXPECT_TRUE(history.at("miss_p50_ms").at(0).is_double());
  EXPECT_TRUE(history.at("miss_p50_ms").at(1).is_null());
  EXPECT_TRUE(history.at("miss_p99_ms").at(2).is_null());
}

TEST(HistoryJson, WhatWasCountedDuringAPauseIsSpreadOverIt) {
  Timeline timeline;
  metrics::Counters counters;
  timeline.add(report_of(counters), kStart);
  count(counters, 8, 0);
  timeline.add(report_of(counters), kStart + 4s);
  const object history = history_json(timeline, clock_at(kStart + 4s));
  EXPECT_EQ(history.at("queries_per_s"), json("[2.0, 2.0, 2.0, 2.0]"));
  EXPECT_EQ(history.at("hit_ratio"), json("[1.0, 1.0, 1.0, 1.0]"));
}

}  // namespace
}  // namespace pacedns::status
