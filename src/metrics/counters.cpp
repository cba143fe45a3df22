#include "pacedns/metrics/counters.hpp"

#include <algorithm>
#include <array>

namespace pacedns::metrics {
namespace {

/// In the order of the enumeration.
constexpr std::array<std::string_view, kCounterCount> kNames{
    "queries_udp",
    "queries_tcp",
    "queries_a",
    "queries_aaaa",
    "queries_https",
    "queries_ptr",
    "queries_cname",
    "queries_mx",
    "queries_txt",
    "queries_ns",
    "queries_soa",
    "queries_srv",
    "queries_dnssec",
    "queries_any",
    "queries_other",
    "responses_noerror",
    "responses_formerr",
    "responses_servfail",
    "responses_nxdomain",
    "responses_notimp",
    "responses_refused",
    "responses_badvers",
    "responses_other",
    "special_names",
    "cache_hits",
    "cache_misses",
    "flights_started",
    "flights_finished",
    "flights_joined",
    "flights_given_up",
    "over_limit_refusals",
    "answers_active_tier",
    "answers_second_tier",
    "answers_failed",
    "access_refusals",
    "invalid_queries",
    "rate_limited_queries",
    "dropped_queries",
    "dropped_replies",
    "tcp_connections",
    "tcp_connections_refused",
    "tcp_accepts_failed",
    "upstream_queries",
    "upstream_retransmissions",
    "upstream_replies",
    "upstream_mismatches",
    "upstream_suspicions",
    "upstream_failures",
    "ignored_replies",
    "rebound_addresses",
    "launches_active_tier",
    "launches_second_tier",
    "launches_probe",
    "second_tier_after_reply",
    "second_tier_after_failure",
    "second_tier_after_timeout",
    "background_queries",
    "background_replies",
    "pool_additions",
    "pool_refusals_other_owner",
    "pool_refusals_not_mergeable",
    "pool_refusals_full",
    "disagreements",
    "forwarding_loops",
    "reloads",
    "reloads_failed",
};
static_assert(!kNames.back().empty(), "each counter has a name");

/// By QTYPE, for those below 256 (IANA, Resource Record (RR) TYPEs).
constexpr auto kByType = [] {
  std::array<Counter, 256> table{};
  table.fill(Counter::QueriesOther);
  table[1] = Counter::QueriesA;
  table[2] = Counter::QueriesNs;
  table[5] = Counter::QueriesCname;
  table[6] = Counter::QueriesSoa;
  table[12] = Counter::QueriesPtr;
  table[15] = Counter::QueriesMx;
  table[16] = Counter::QueriesTxt;
  table[28] = Counter::QueriesAaaa;
  table[33] = Counter::QueriesSrv;
  for (const std::size_t type : {43U, 46U, 47U, 48U, 50U, 51U})
    table[type] = Counter::QueriesDnssec;
  for (const std::size_t type : {64U, 65U})
    table[type] = Counter::QueriesHttps;
  table[255] = Counter::QueriesAny;
  return table;
}();

/// By RCODE, for those below 17.
constexpr auto kByRcode = [] {
  std::array<Counter, 17> table{};
  table.fill(Counter::ResponsesOther);
  table[0] = Counter::ResponsesNoError;
  table[1] = Counter::ResponsesFormErr;
  table[2] = Counter::ResponsesServFail;
  table[3] = Counter::ResponsesNxDomain;
  table[4] = Counter::ResponsesNotImp;
  table[5] = Counter::ResponsesRefused;
  table[16] = Counter::ResponsesBadVers;
  return table;
}();

}  // namespace

std::string_view name(Counter counter) {
  return kNames[static_cast<std::size_t>(counter)];
}

Counter queries_by_type(std::uint16_t qtype) {
  return qtype < kByType.size() ? kByType[qtype] : Counter::QueriesOther;
}

Counter responses_by_rcode(std::uint16_t rcode) {
  return rcode < kByRcode.size() ? kByRcode[rcode] : Counter::ResponsesOther;
}

void Snapshot::add(const Counters& worker) {
  worker.add_to(counters);
  worker.hit_latency.add_to(hit_latency);
  worker.miss_latency.add_to(miss_latency);
  launch_peak = std::max(launch_peak, worker.launch_peak());
  remembered += worker.remembered();
}

Snapshot operator-(const Snapshot& later, const Snapshot& earlier) {
  Snapshot difference;
  for (std::size_t i = 0; i < kCounterCount; ++i)
    difference.counters[i] = later.counters[i] - earlier.counters[i];
  difference.hit_latency = later.hit_latency - earlier.hit_latency;
  difference.miss_latency = later.miss_latency - earlier.miss_latency;
  difference.launch_peak = later.launch_peak;
  difference.remembered = later.remembered;
  return difference;
}

}  // namespace pacedns::metrics
