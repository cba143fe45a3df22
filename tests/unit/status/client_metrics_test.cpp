#include <gtest/gtest.h>

#include "pacedns/status/metric_groups.hpp"

#include "support/full_report.hpp"
#include "unit/status/metric_lookup.hpp"

namespace pacedns::status {
namespace {

using metrics::Counter;

TEST(ClientMetrics, QueryTypesAreCountedUnderTheirNames) {
  const auto counter = [group = client_metrics()](std::string_view qtype) {
    return counter_in(group, "pacedns_questions_total", qtype);
  };
  EXPECT_EQ(counter("A"), metrics::queries_by_type(1));
  EXPECT_EQ(counter("NS"), metrics::queries_by_type(2));
  EXPECT_EQ(counter("CNAME"), metrics::queries_by_type(5));
  EXPECT_EQ(counter("SOA"), metrics::queries_by_type(6));
  EXPECT_EQ(counter("PTR"), metrics::queries_by_type(12));
  EXPECT_EQ(counter("MX"), metrics::queries_by_type(15));
  EXPECT_EQ(counter("TXT"), metrics::queries_by_type(16));
  EXPECT_EQ(counter("AAAA"), metrics::queries_by_type(28));
  EXPECT_EQ(counter("SRV"), metrics::queries_by_type(33));
  EXPECT_EQ(counter("DNSSEC"), metrics::queries_by_type(48));
  EXPECT_EQ(counter("HTTPS"), metrics::queries_by_type(65));
  EXPECT_EQ(counter("ANY"), metrics::queries_by_type(255));
  EXPECT_EQ(counter("other"), metrics::queries_by_type(999));
}

TEST(ClientMetrics, ResponsesAreCountedUnderTheirRcodes) {
  const auto counter = [group = client_metrics()](std::string_view rcode) {
    return counter_in(group, "pacedns_responses_total", rcode);
  };
  EXPECT_EQ(counter("NOERROR"), metrics::responses_by_rcode(0));
  EXPECT_EQ(counter("FORMERR"), metrics::responses_by_rcode(1));
  EXPECT_EQ(counter("SERVFAIL"), metrics::responses_by_rcode(2));
  EXPECT_EQ(counter("NXDOMAIN"), metrics::responses_by_rcode(3));
  EXPECT_EQ(counter("NOTIMP"), metrics::responses_by_rcode(4));
  EXPECT_EQ(counter("REFUSED"), metrics::responses_by_rcode(5));
  EXPECT_EQ(counter("BADVERS"), metrics::responses_by_rcode(16));
  EXPECT_EQ(counter("other"), metrics::responses_by_rcode(9));
}

TEST(ClientMetrics, RefusedAndDroppedAreDifferentThings) {
  const MetricGroup group = client_metrics();
  EXPECT_EQ(counter_in(group, "pacedns_refused_queries_total", "access"), Counter::AccessRefusals);
  EXPECT_EQ(counter_in(group, "pacedns_refused_queries_total", "invalid"), Counter::InvalidQueries);
  EXPECT_EQ(counter_in(group, "pacedns_refused_queries_total", "over_limit"), Counter::OverLimitRefusals);
  EXPECT_EQ(counter_in(group, "pacedns_refused_queries_total", "rate_limited"), Counter::RateLimitedQueries);
  EXPECT_EQ(counter_in(group, "pacedns_dropped_messages_total", "not_a_query"), Counter::DroppedQueries);
  EXPECT_EQ(counter_in(group, "pacedns_dropped_messages_total", "response_not_sent"),
            Counter::DroppedReplies);
  EXPECT_EQ(counter_in(group, "pacedns_tcp_connections_total", "refused"), Counter::TcpConnectionsRefused);
  EXPECT_EQ(counter_in(group, "pacedns_tcp_connections_total", "failed"), Counter::TcpAcceptsFailed);
  EXPECT_EQ(counter_in(group, "pacedns_queries_total", "tcp"), Counter::QueriesTcp);
}

TEST(ClientMetrics, HitsAndMissesHaveTheirOwnLatencies) {
  const Report report = test::full_report();
  const auto count = [&](std::string_view cache) {
    const auto source = source_in(client_metrics(), "pacedns_response_duration_seconds", cache);
    return std::get<HistogramSource>(source)(report).count();
  };
  EXPECT_EQ(count("hit"), 3U);
  EXPECT_EQ(count("miss"), 100U);
}

TEST(ClientMetrics, GaugesAreWhatTheReportSays) {
  const Report report = test::full_report();
  EXPECT_EQ(gauge_in(client_metrics(), "pacedns_tcp_connections_open", report), 34);
  EXPECT_EQ(gauge_in(cache_metrics(), "pacedns_cache_entries", report), 31);
  EXPECT_EQ(gauge_in(cache_metrics(), "pacedns_cache_bytes", report), 32'000);
  EXPECT_EQ(gauge_in(cache_metrics(), "pacedns_cache_limit_bytes", report), 67'108'864);
  EXPECT_EQ(gauge_in(cache_metrics(), "pacedns_cache_evictions_total", report), 33);
  EXPECT_EQ(counter_in(cache_metrics(), "pacedns_cache_hits_total"), Counter::CacheHits);
  EXPECT_EQ(counter_in(cache_metrics(), "pacedns_cache_misses_total"), Counter::CacheMisses);
}

}  // namespace
}  // namespace pacedns::status
