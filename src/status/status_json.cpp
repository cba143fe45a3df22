#include "pacedns/status/status_json.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace pacedns::status {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;
using metrics::Counter;
using metrics::Snapshot;
using metrics::UpstreamCounter;

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

template <typename T>
value or_null(const std::optional<T>& known) {
  return known ? value(*known) : value(nullptr);
}

value milliseconds(const std::optional<Duration>& duration) {
  if (!duration) return nullptr;
  return std::chrono::duration<double, std::milli>(*duration).count();
}

value ratio(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return nullptr;
  return static_cast<double>(part) / static_cast<double>(whole);
}

std::uint64_t queries(const Snapshot& counted) {
  return counted[Counter::QueriesUdp] + counted[Counter::QueriesTcp];
}

value a_second(const Timeline::Window& window) {
  if (window.span <= Duration::zero()) return nullptr;
  return static_cast<double>(queries(window.counted)) / seconds(window.span);
}

/// Workers count while they are summed up, so that more may have ended than started.
std::uint64_t open_flights(const Snapshot& totals) {
  const std::uint64_t started = totals[Counter::FlightsStarted];
  return started - std::min(started, totals[Counter::FlightsFinished]);
}

value hit_ratio(const Snapshot& counted) {
  return ratio(counted[Counter::CacheHits], counted[Counter::CacheHits] + counted[Counter::CacheMisses]);
}

object rates_json(const Timeline::Window& window) {
  return {{"over_s", seconds(window.span)},
          {"queries_per_s", a_second(window)},
          {"hit_ratio", hit_ratio(window.counted)},
          {"miss_p50_ms", milliseconds(window.counted.miss_latency.quantile(0.5))},
          {"miss_p99_ms", milliseconds(window.counted.miss_latency.quantile(0.99))}};
}

object indicator_json(const Indicator& indicator) {
  object json{{"id", indicator.id},
              {"title", indicator.title},
              {"unit", indicator.unit},
              {"value", or_null(indicator.value)},
              {"target", indicator.target == Indicator::Target::Above ? "above" : "below"},
              {"limit", indicator.limit},
              {"met", or_null(indicator.met())}};
  if (indicator.id == "miss_latency") json["p50"] = or_null(indicator.median);
  return json;
}

object upstream_json(const UpstreamReport& upstream, const Timeline::RttHistory& rtts) {
  array history;
  for (const auto& rtt : rtts)
    history.push_back(milliseconds(rtt));
  const metrics::UpstreamSnapshot& counts = upstream.counts;
  return {{"name", upstream.name},
          {"address", upstream.address},
          {"source", upstream.source},
          {"state", health::name(upstream.state)},
          {"smoothed_rtt_ms", milliseconds(upstream.smoothed_rtt)},
          {"queries",
           {{"active", counts[UpstreamCounter::QueriesActiveTier]},
            {"second", counts[UpstreamCounter::QueriesSecondTier]},
            {"probe", counts[UpstreamCounter::QueriesProbe]}}},
          {"replies",
           {{"usable", counts[UpstreamCounter::RepliesUsable]},
            {"failure", counts[UpstreamCounter::RepliesFailure]},
            {"truncated", counts[UpstreamCounter::RepliesTruncated]},
            {"no_edns", counts[UpstreamCounter::RepliesNoEdns]}}},
          {"wins", counts[UpstreamCounter::Wins]},
          {"retransmissions", counts[UpstreamCounter::Retransmissions]},
          {"failures", counts[UpstreamCounter::NetworkErrors] + counts[UpstreamCounter::Silences] +
                           counts[UpstreamCounter::RepliesFailure]},
          {"mismatches", counts[UpstreamCounter::Mismatches]},
          {"rtt_history_ms", std::move(history)}};
}

}  // namespace

object status_json(const Report& report, const Indicators& indicators, const Timeline& timeline,
                   Privacy privacy, const WallClock& clock) {
  const Snapshot& totals = report.totals;
  array list;
  for (const Indicator& indicator : indicators.list)
    list.push_back(indicator_json(indicator));
  array upstreams;
  for (const UpstreamReport& upstream : report.upstreams)
    upstreams.push_back(upstream_json(upstream, timeline.rtt_of(upstream.name)));
  return {
      {"version", report.version},
      {"pid", report.pid},
      {"uptime_s", seconds(report.uptime)},
      {"workers", report.workers},
      {"config", report.config_path},
      {"time_s", clock.seconds_at(clock.now())},
      {"privacy", name(privacy)},
      {"queries", {{"udp", totals[Counter::QueriesUdp]}, {"tcp", totals[Counter::QueriesTcp]}}},
      {"cache",
       {{"hits", totals[Counter::CacheHits]},
        {"misses", totals[Counter::CacheMisses]},
        {"entries", report.cache.entries},
        {"bytes", report.cache.bytes},
        {"size", report.cache_size},
        {"evictions", report.cache.evictions}}},
      {"flights",
       {{"open", open_flights(totals)},
        {"started", totals[Counter::FlightsStarted]},
        {"joined", totals[Counter::FlightsJoined]},
        {"remembered", totals.remembered}}},
      {"rates", rates_json(timeline.last(kRateSpan))},
      {"indicators", {{"over_s", seconds(timeline.last(kIndicatorSpan).span)}, {"list", std::move(list)}}},
      {"upstreams", std::move(upstreams)}};
}

object history_json(const Timeline& timeline, const WallClock& clock) {
  array queries_per_s;
  array hit_ratios;
  array miss_p50_ms;
  array miss_p99_ms;
  for (const Timeline::Window& step : timeline.steps()) {
    queries_per_s.push_back(a_second(step));
    hit_ratios.push_back(hit_ratio(step.counted));
    miss_p50_ms.push_back(milliseconds(step.counted.miss_latency.quantile(0.5)));
    miss_p99_ms.push_back(milliseconds(step.counted.miss_latency.quantile(0.99)));
  }
  return {{"interval_s", seconds(Timeline::kInterval)},
          {"end_s", clock.seconds_at(timeline.end().value_or(clock.now()))},
          {"queries_per_s", std::move(queries_per_s)},
          {"hit_ratio", std::move(hit_ratios)},
          {"miss_p50_ms", std::move(miss_p50_ms)},
          {"miss_p99_ms", std::move(miss_p99_ms)}};
}

}  // namespace pacedns::status
