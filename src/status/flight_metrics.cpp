#include <algorithm>

#include "pacedns/status/metric_groups.hpp"

namespace pacedns::status {
namespace {

using metrics::Counter;

/// Workers count while they are summed up, so that more may have ended than started.
double open_flights(const Report& report) {
  const std::uint64_t started = report.totals[Counter::FlightsStarted];
  return static_cast<double>(started - std::min(started, report.totals[Counter::FlightsFinished]));
}

double launch_peak(const Report& report) {
  return static_cast<double>(report.totals.launch_peak);
}

std::vector<Metric> flights() {
  return {
      {.name = "pacedns_flights_started_total",
       .meaning = "Questions that upstreams were to be asked.",
       .series = {{"", Counter::FlightsStarted}}},
      {.name = "pacedns_flights_finished_total",
       .meaning = "Flights that are over: every upstream has replied or failed, or total_collect_timeout has "
                  "passed.",
       .series = {{"", Counter::FlightsFinished}}},
      {.name = "pacedns_flights_open",
       .type = MetricType::Gauge,
       .meaning = "Flights under way, those included whose clients have their answer.",
       .series = {{"", GaugeSource(&open_flights)}}},
      {.name = "pacedns_flights_joined_total",
       .meaning = "Queries that joined a flight for the same question.",
       .series = {{"", Counter::FlightsJoined}}},
      {.name = "pacedns_flights_given_up_total",
       .meaning = "Flights whose background collection ended early to make room for new questions "
                  "(limits.inflight_queries).",
       .series = {{"", Counter::FlightsGivenUp}}},
  };
}

std::vector<Metric> tiers() {
  return {
      {.name = "pacedns_answers_total",
       .labels = {"tier"},
       .meaning = "Flights that have answered their clients, by the tier whose reply it was (that of a probe "
                  "counts as "
                  "the second's); none: every upstream "
                  "failed, and the clients got the best failure.",
       .series = {{"active", Counter::AnswersActiveTier},
                  {"second", Counter::AnswersSecondTier},
                  {"none", Counter::AnswersFailed}}},
      {.name = "pacedns_second_tier_starts_total",
       .labels = {"reason"},
       .meaning =
           "Flights whose second tier was started, by reason: the first usable reply had come, all that were "
           "asked had failed, or fallback_timeout had passed.",
       .series = {{"first_reply", Counter::SecondTierAfterReply},
                  {"all_failed", Counter::SecondTierAfterFailure},
                  {"timeout", Counter::SecondTierAfterTimeout}}},
      {.name = "pacedns_launches_total",
       .labels = {"tier"},
       .meaning = "Upstreams asked, by tier; probe: to see whether a down one is back.",
       .series = {{"active", Counter::LaunchesActiveTier},
                  {"second", Counter::LaunchesSecondTier},
                  {"probe", Counter::LaunchesProbe}}},
      {.name = "pacedns_launch_peak",
       .type = MetricType::Gauge,
       .meaning =
           "The most queries that were launched at once for one question, since the start, the last reload "
           "or the last change of upstreams.",
       .series = {{"", GaugeSource(&launch_peak)}}},
      {.name = "pacedns_background_queries_total",
       .meaning =
           "Queries to upstreams that were under way when the clients were answered, or were launched after "
           "that.",
       .series = {{"", Counter::BackgroundQueries}}},
      {.name = "pacedns_background_replies_total",
       .meaning = "Usable replies to those queries, before total_collect_timeout.",
       .series = {{"", Counter::BackgroundReplies}}},
  };
}

}  // namespace

MetricGroup flight_metrics() {
  MetricGroup group{
      "Flights and tiers",
      "A flight is one question being resolved; it outlives its answer until every upstream has replied or "
      "failed, or until total_collect_timeout.",
      flights()};
  for (Metric& metric : tiers())
    group.metrics.push_back(std::move(metric));
  return group;
}

MetricGroup pool_metrics() {
  return {"Pool",
          "The pool is the union of the addresses that the upstreams gave for one A or AAAA question.",
          {
              {.name = "pacedns_pool_additions_total",
               .meaning = "Addresses that other upstreams added to what the first reply had.",
               .series = {{"", Counter::PoolAdditions}}},
              {.name = "pacedns_pool_refusals_total",
               .labels = {"reason"},
               .meaning = "Replies that were not merged, or not in full: their CNAME chain ends at another "
                          "name, they have RRSIGs or "
                          "cannot be followed, or the pool had as many addresses as it holds.",
               .series = {{"other_owner", Counter::PoolRefusalsOtherOwner},
                          {"not_mergeable", Counter::PoolRefusalsNotMergeable},
                          {"full", Counter::PoolRefusalsFull}}},
              {.name = "pacedns_disagreements_total",
               .meaning = "Replies that contradict the first one: another RCODE, or no address.",
               .series = {{"", Counter::Disagreements}}},
          }};
}

}  // namespace pacedns::status
