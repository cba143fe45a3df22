#include <chrono>

#include "pacedns/status/metric_groups.hpp"

namespace pacedns::status {
namespace {

using metrics::Counter;
using metrics::UpstreamCounter;

template <health::State kState>
std::optional<double> is(const UpstreamReport& upstream) {
  return upstream.state == kState ? 1 : 0;
}

std::optional<double> smoothed_rtt(const UpstreamReport& upstream) {
  if (!upstream.smoothed_rtt) return std::nullopt;
  return std::chrono::duration<double>(*upstream.smoothed_rtt).count();
}

const metrics::HistogramCounts& rtt(const UpstreamReport& upstream) {
  return upstream.counts.rtt;
}

std::vector<std::string> information(const UpstreamReport& upstream) {
  return {upstream.address, upstream.source};
}

std::vector<Metric> health_and_speed() {
  return {
      {.name = "pacedns_upstream_info",
       .type = MetricType::Gauge,
       .labels = {"address", "source"},
       .meaning = "Always 1: the upstream's address, and where it is named (servers or resolv_conf).",
       .series = {{"", UpstreamInfoSource(&information)}}},
      {.name = "pacedns_upstream_state",
       .type = MetricType::Gauge,
       .labels = {"state"},
       .meaning = "1 for the state that the upstream is in, 0 for the others. A suspect one ranks behind "
                  "those that are "
                  "up; a down one is asked by probes only.",
       .series = {{"up", UpstreamGaugeSource(&is<health::State::Up>)},
                  {"suspect", UpstreamGaugeSource(&is<health::State::Suspect>)},
                  {"down", UpstreamGaugeSource(&is<health::State::Down>)}}},
      {.name = "pacedns_upstream_smoothed_rtt_seconds",
       .type = MetricType::Gauge,
       .meaning = "Smoothed RTT (RFC 6298), by which upstreams rank; no series before the first measurement.",
       .series = {{"", UpstreamGaugeSource(&smoothed_rtt)}}},
      {.name = "pacedns_upstream_rtt_seconds",
       .type = MetricType::Histogram,
       .meaning = "Time from the transmission that was answered to the usable reply, late replies included; "
                  "without those that near misses took to TCP.",
       .series = {{"", UpstreamHistogramSource(&rtt)}}},
  };
}

std::vector<Metric> exchanges() {
  return {
      {.name = "pacedns_upstream_queries_total",
       .labels = {"tier"},
       .meaning =
           "Questions that the upstream was asked, by tier. Retransmissions and retries belong to them.",
       .series = {{"active", UpstreamCounter::QueriesActiveTier},
                  {"second", UpstreamCounter::QueriesSecondTier},
                  {"probe", UpstreamCounter::QueriesProbe}}},
      {.name = "pacedns_upstream_replies_total",
       .labels = {"class"},
       .meaning =
           "Replies that matched a query: usable, failure (an RCODE that is no use to a client), truncated "
           "(asked again over TCP) or no_edns (asked again without EDNS).",
       .series = {{"usable", UpstreamCounter::RepliesUsable},
                  {"failure", UpstreamCounter::RepliesFailure},
                  {"truncated", UpstreamCounter::RepliesTruncated},
                  {"no_edns", UpstreamCounter::RepliesNoEdns}}},
      {.name = "pacedns_upstream_wins_total",
       .meaning = "Usable replies that answered clients.",
       .series = {{"", UpstreamCounter::Wins}}},
      {.name = "pacedns_upstream_retransmissions_total",
       .meaning = "Queries sent again because no reply had come.",
       .series = {{"", UpstreamCounter::Retransmissions}}},
      {.name = "pacedns_upstream_failures_total",
       .labels = {"reason"},
       .meaning = "Questions without a reply: an ICMP error or a refused or reset connection, or nothing by "
                  "total_collect_timeout.",
       .series = {{"network_error", UpstreamCounter::NetworkErrors},
                  {"no_reply", UpstreamCounter::Silences}}},
      {.name = "pacedns_upstream_mismatches_total",
       .meaning = "Messages that match no query (ID, peer or question) or cannot be parsed: spoofed, or far "
                  "too late.",
       .series = {{"", UpstreamCounter::Mismatches}}},
  };
}

}  // namespace

MetricGroup upstream_metrics() {
  MetricGroup group{
      "Upstreams",
      "One series for each upstream that is in use; a reload that takes it away ends the series, one that "
      "leaves it alone goes on counting.",
      health_and_speed()};
  for (Metric& metric : exchanges())
    group.metrics.push_back(std::move(metric));
  return group;
}

MetricGroup all_upstreams_metrics() {
  return {
      "All upstreams",
      "Totals since the start, upstreams that a reload has taken away since included. They are no sums of "
      "the metrics above: every transmission counts, retransmissions and retries over TCP or without EDNS "
      "too.",
      {
          {.name = "pacedns_all_upstreams_transmissions_total",
           .meaning = "Queries sent to any upstream, each transmission.",
           .series = {{"", Counter::UpstreamQueries}}},
          {.name = "pacedns_all_upstreams_retransmissions_total",
           .meaning = "Those sent again because no reply had come.",
           .series = {{"", Counter::UpstreamRetransmissions}}},
          {.name = "pacedns_all_upstreams_replies_total",
           .meaning = "Replies from any upstream that matched a query.",
           .series = {{"", Counter::UpstreamReplies}}},
          {.name = "pacedns_all_upstreams_mismatches_total",
           .meaning = "Messages from anywhere that match no query or cannot be parsed.",
           .series = {{"", Counter::UpstreamMismatches}}},
          {.name = "pacedns_all_upstreams_suspicions_total",
           .meaning = "Attempts that went on over TCP, since replies to them looked forged: right but for "
                      "the letter "
                      "case, or sixteen with wrong IDs.",
           .series = {{"", Counter::UpstreamSuspicions}}},
          {.name = "pacedns_all_upstreams_failures_total",
           .meaning = "Attempts that failed: an RCODE that is no use, a network error, or no reply.",
           .series = {{"", Counter::UpstreamFailures}}},
          {.name = "pacedns_ignored_replies_total",
           .meaning =
               "Replies that were not used, though they count as usable and their attempts as failed: they "
               "had an "
               "address of answers.ignore_addresses, or too many for access.rebind_protection to look at.",
           .series = {{"", Counter::IgnoredReplies}}},
          {.name = "pacedns_rebound_addresses_total",
           .meaning = "Private addresses taken out of replies of public upstreams: access.rebind_protection.",
           .series = {{"", Counter::ReboundAddresses}}},
      }};
}

}  // namespace pacedns::status
