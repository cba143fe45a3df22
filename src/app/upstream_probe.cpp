#include "pacedns/app/upstream_probe.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <boost/asio/error.hpp>
#include <spdlog/fmt/fmt.h>

#include "pacedns/dns/presentation.hpp"
#include "pacedns/upstream/transport_factory.hpp"

namespace pacedns::app {
namespace {

/// `. IN NS`: every resolver knows it, mostly without asking anybody.
constexpr std::array<std::uint8_t, 5> kRootNs{0, 0, static_cast<std::uint8_t>(dns::RrType::Ns), 0,
                                              static_cast<std::uint8_t>(dns::RrClass::In)};

}  // namespace

std::string to_string(const ProbeOutcome& outcome, Duration patience) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  using Seconds = std::chrono::duration<double>;
  if (outcome.rcode) {
    return fmt::format("{} in {:.1f} ms", dns::rcode_to_text(*outcome.rcode),
                       Milliseconds(outcome.took).count());
  }
  if (outcome.error == boost::asio::error::eof) return "the connection was closed without a reply";
  if (outcome.error) return outcome.error.message();
  std::string silence = fmt::format("no reply within {:g} s", Seconds(patience).count());
  if (outcome.mismatches == 0) return silence;
  return fmt::format("{}, only {} that did not match the query", silence, outcome.mismatches);
}

// Without EDNS, which not every upstream takes and this question does not need.
UpstreamProbe::UpstreamProbe(boost::asio::io_context& io, const std::vector<upstream::ServerOptions>& servers)
    : query_(dns::build_query({.question = kRootNs}, false)), start_(steady_now()) {
  for (const upstream::ServerOptions& server : servers) {
    const auto position = static_cast<std::uint16_t>(exchanges_.size());
    Exchange& exchange = exchanges_.emplace_back();
    upstream::SocketTransportFactory factory({io, random_, exchange.counters, *this});
    exchange.transport = server.protocol == upstream::Protocol::Tcp
                             ? factory.make_tcp(server.endpoint, exchange.upstream)
                             : factory.make_udp(server.endpoint, exchange.upstream);
    const auto sent =
        exchange.transport->send({.position = position}, query_, upstream::Spelling::AsIs, start_);
    if (!sent) exchange.outcome.error = sent.error();
  }
}

UpstreamProbe::~UpstreamProbe() = default;

bool UpstreamProbe::finished() const {
  return std::ranges::all_of(exchanges_, [](const Exchange& exchange) { return exchange.outcome.over(); });
}

std::vector<ProbeOutcome> UpstreamProbe::outcomes() const {
  std::vector<ProbeOutcome> outcomes;
  for (const Exchange& exchange : exchanges_) {
    outcomes.push_back(exchange.outcome);
    outcomes.back().mismatches = exchange.upstream.get(metrics::UpstreamCounter::Mismatches);
  }
  return outcomes;
}

void UpstreamProbe::on_reply(const upstream::ExchangeKey& key, const dns::MessageView& reply, TimePoint now) {
  ProbeOutcome& outcome = exchanges_[key.position].outcome;
  outcome.rcode = reply.rcode();
  outcome.took = now - start_;
}

void UpstreamProbe::on_failure(const upstream::ExchangeKey& key, boost::system::error_code error,
                               TimePoint now) {
  static_cast<void>(now);
  exchanges_[key.position].outcome.error = error;
}

std::vector<ProbeOutcome> probe_upstreams(const std::vector<upstream::ServerOptions>& servers,
                                          Duration patience) {
  boost::asio::io_context io{1};
  UpstreamProbe probe(io, servers);
  for (const TimePoint deadline = steady_now() + patience; !probe.finished() && steady_now() < deadline;)
    io.run_one_until(deadline);
  return probe.outcomes();
}

}  // namespace pacedns::app
