#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/system/error_code.hpp>

#include "pacedns/base/random.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/dns/query_builder.hpp"
#include "pacedns/dns/registry.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/metrics/upstream_counters.hpp"
#include "pacedns/upstream/transport.hpp"
#include "pacedns/upstream/upstream_options.hpp"

namespace pacedns::app {

/// What came of the query to one upstream: a reply, an error, or neither so far.
struct ProbeOutcome {
  std::optional<dns::Rcode> rcode = {};
  Duration took = {};                    ///< until the reply
  boost::system::error_code error = {};  ///< why there will be no reply
  std::uint64_t mismatches = 0;          ///< messages that were no reply to the query

  [[nodiscard]] bool over() const { return rcode.has_value() || error; }
};

/// `NOERROR in 12.3 ms`, or what went wrong when there was no reply within `patience`.
[[nodiscard]] std::string to_string(const ProbeOutcome& outcome, Duration patience);

/// Asks each upstream one query for `. NS`, all at once, over the transport that is used for its clients'
/// questions. Waiting is its owner's part: run the event loop until it is finished or patience is at an end.
class UpstreamProbe final : private upstream::ExchangeObserver {
 public:
  UpstreamProbe(boost::asio::io_context& io, const std::vector<upstream::ServerOptions>& servers);
  ~UpstreamProbe() override;
  UpstreamProbe(const UpstreamProbe&) = delete;
  UpstreamProbe& operator=(const UpstreamProbe&) = delete;

  [[nodiscard]] bool finished() const;

  /// In the order of the upstreams.
  [[nodiscard]] std::vector<ProbeOutcome> outcomes() const;

 private:
  struct Exchange {
    ProbeOutcome outcome;
    metrics::Counters counters;
    metrics::UpstreamCounters upstream;
    std::unique_ptr<upstream::Transport> transport;
  };

  void on_reply(const upstream::ExchangeKey& key, const dns::MessageView& reply, TimePoint now) override;
  void on_suspicion(const upstream::Suspicion&, TimePoint) override {}
  void on_failure(const upstream::ExchangeKey& key, boost::system::error_code error, TimePoint now) override;

  const dns::UpstreamQuery query_;
  const TimePoint start_;
  Random random_;
  std::deque<Exchange> exchanges_;
};

/// Asks them and waits until each has replied or failed, for `patience` at the most.
[[nodiscard]] std::vector<ProbeOutcome> probe_upstreams(const std::vector<upstream::ServerOptions>& servers,
                                                        Duration patience);

}  // namespace pacedns::app
