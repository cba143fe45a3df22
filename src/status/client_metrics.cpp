#include "pacedns/status/metric_groups.hpp"

namespace pacedns::status {
namespace {

using metrics::Counter;

Metric questions() {
  return {
      .name = "pacedns_questions_total",
      .labels = {"qtype"},
      .meaning =
          "Queries that may be resolved, by QTYPE. HTTPS counts SVCB too; DNSSEC counts DS, DNSKEY, RRSIG, "
          "NSEC, NSEC3 and NSEC3PARAM.",
      .series = {{"A", Counter::QueriesA},
                 {"AAAA", Counter::QueriesAaaa},
                 {"HTTPS", Counter::QueriesHttps},
                 {"PTR", Counter::QueriesPtr},
                 {"CNAME", Counter::QueriesCname},
                 {"MX", Counter::QueriesMx},
                 {"TXT", Counter::QueriesTxt},
                 {"NS", Counter::QueriesNs},
                 {"SOA", Counter::QueriesSoa},
                 {"SRV", Counter::QueriesSrv},
                 {"DNSSEC", Counter::QueriesDnssec},
                 {"ANY", Counter::QueriesAny},
                 {"other", Counter::QueriesOther}}};
}

Metric responses() {
  return {.name = "pacedns_responses_total",
          .labels = {"rcode"},
          .meaning = "Responses to clients, by RCODE.",
          .series = {{"NOERROR", Counter::ResponsesNoError},
                     {"FORMERR", Counter::ResponsesFormErr},
                     {"SERVFAIL", Counter::ResponsesServFail},
                     {"NXDOMAIN", Counter::ResponsesNxDomain},
                     {"NOTIMP", Counter::ResponsesNotImp},
                     {"REFUSED", Counter::ResponsesRefused},
                     {"BADVERS", Counter::ResponsesBadVers},
                     {"other", Counter::ResponsesOther}}};
}

Metric response_duration() {
  const HistogramSource hits = [](const Report& report) -> const metrics::HistogramCounts& {
    return report.totals.hit_latency;
  };
  const HistogramSource misses = [](const Report& report) -> const metrics::HistogramCounts& {
    return report.totals.miss_latency;
  };
  return {.name = "pacedns_response_duration_seconds",
          .type = MetricType::Histogram,
          .labels = {"cache"},
          .meaning =
              "Time from a query's arrival until its response was made, "
              "for cache hits and misses.",
          .series = {{"hit", hits}, {"miss", misses}}};
}

}  // namespace

MetricGroup client_metrics() {
  return {
      "Clients",
      "",
      {
          {.name = "pacedns_queries_total",
           .labels = {"transport"},
           .meaning =
               "Messages received from clients, by transport; those that are refused or dropped count too.",
           .series = {{"udp", Counter::QueriesUdp}, {"tcp", Counter::QueriesTcp}}},
          questions(),
          responses(),
          response_duration(),
          {.name = "pacedns_refused_queries_total",
           .labels = {"reason"},
           .meaning =
               "Queries that were not resolved: from outside of access.allow (REFUSED), invalid (NOTIMP, "
               "FORMERR, BADVERS or REFUSED), over limits.inflight_queries (SERVFAIL), or over "
               "limits.per_client_qps (TC or nothing over UDP, REFUSED over TCP).",
           .series = {{"access", Counter::AccessRefusals},
                      {"invalid", Counter::InvalidQueries},
                      {"over_limit", Counter::OverLimitRefusals},
                      {"rate_limited", Counter::RateLimitedQueries}}},
          {.name = "pacedns_special_names_total",
           .meaning = "Questions for names that exist on this host only, or nowhere: answered here.",
           .series = {{"", Counter::SpecialNames}}},
          {.name = "pacedns_dropped_messages_total",
           .labels = {"reason"},
           .meaning =
               "Messages that nobody got a response to: not a query at all, or a response that could not be "
               "sent or whose client had gone.",
           .series = {{"not_a_query", Counter::DroppedQueries},
                      {"response_not_sent", Counter::DroppedReplies}}},
          {.name = "pacedns_tcp_connections_total",
           .labels = {"result"},
           .meaning =
               "TCP connections of clients, by what became of them; refused: limits.tcp_connections or "
               "limits.tcp_connections_per_client was reached, or clients have half of the descriptors; "
               "failed: it could not be accepted, mostly for want of a descriptor, and was tried again.",
           .series = {{"accepted", Counter::TcpConnections},
                      {"refused", Counter::TcpConnectionsRefused},
                      {"failed", Counter::TcpAcceptsFailed}}},
          {.name = "pacedns_tcp_connections_open",
           .type = MetricType::Gauge,
           .meaning = "TCP connections of clients that are open now.",
           .series = {{"", GaugeSource([](const Report& report) {
                         return static_cast<double>(report.open_tcp_connections);
                       })}}},
      }};
}

MetricGroup cache_metrics() {
  const GaugeSource entries = [](const Report& report) { return static_cast<double>(report.cache.entries); };
  const GaugeSource bytes = [](const Report& report) { return static_cast<double>(report.cache.bytes); };
  const GaugeSource size = [](const Report& report) { return static_cast<double>(report.cache_size); };
  const GaugeSource evictions = [](const Report& report) {
    return static_cast<double>(report.cache.evictions);
  };
  return {
      "Cache",
      "",
      {
          {.name = "pacedns_cache_hits_total",
           .meaning = "Questions answered from the cache.",
           .series = {{"", Counter::CacheHits}}},
          {.name = "pacedns_cache_misses_total",
           .meaning = "Questions that the cache had no response to; those for special names are among them.",
           .series = {{"", Counter::CacheMisses}}},
          {.name = "pacedns_cache_entries",
           .type = MetricType::Gauge,
           .meaning = "Responses in the cache, expired ones that still take room included.",
           .series = {{"", entries}}},
          {.name = "pacedns_cache_bytes",
           .type = MetricType::Gauge,
           .meaning = "Memory that the cache uses, all overhead counted.",
           .series = {{"", bytes}}},
          {.name = "pacedns_cache_limit_bytes",
           .type = MetricType::Gauge,
           .meaning = "Memory that the cache may use: cache.size.",
           .series = {{"", size}}},
          {.name = "pacedns_cache_evictions_total",
           .meaning = "Responses that had to make room before they expired.",
           .series = {{"", evictions}}},
      }};
}

}  // namespace pacedns::status
