#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pacedns/base/time.hpp"
#include "pacedns/dns/registry.hpp"
#include "pacedns/upstream/transport.hpp"
#include "pacedns/upstream/transport_factory.hpp"

#include "scenario/record_data.hpp"

namespace pacedns::scenario {

/// What an upstream does with a query, beside taking its time.
struct Behaviour {
  bool silent = false;
  bool refuses = false;      ///< a network error after the RTT (port unreachable, connection reset)
  bool unreachable = false;  ///< sending fails at once
  bool truncates = false;    ///< over UDP
  bool refuses_tcp = false;
  bool silent_tcp = false;
  bool loses_case = false;              ///< its replies do not keep the letter case of the query
  bool late = false;                    ///< replies come even when nobody waits for them any more
  bool authenticates = false;           ///< AD in its replies
  std::optional<dns::Rcode> rcode{};    ///< instead of data
  std::optional<dns::Rcode> to_edns{};  ///< to queries with OPT; without it answers them
  std::uint64_t loses = 0;              ///< so many of the next queries
};

/// An upstream that follows the script. Over TCP a reply takes two RTTs.
struct ScriptedUpstream {
  std::string name;
  bool tcp_only = false;
  Duration rtt{};
  Behaviour behaviour{};
  RecordData data{};
};

/// All upstreams of a scenario behind fake transports in virtual time.
class ScriptedNetwork final : public upstream::TransportFactory {
 public:
  using Told = std::function<void(const std::string& asked)>;

  /// `told` hears of each query that is sent: `a`, `a/tcp`, `a/noedns`, …
  explicit ScriptedNetwork(Told told) : told_(std::move(told)) {}

  ScriptedUpstream& add(ScriptedUpstream upstream);
  [[nodiscard]] ScriptedUpstream& find(const std::string& name);
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] net::Endpoint endpoint_of(const std::string& name) const;

  [[nodiscard]] std::unique_ptr<upstream::Transport> make_udp(const net::Endpoint& upstream,
                                                              metrics::UpstreamCounters&) override;
  [[nodiscard]] std::unique_ptr<upstream::Transport> make_tcp(const net::Endpoint& upstream,
                                                              metrics::UpstreamCounters&) override;

  /// When the next reply or error arrives.
  [[nodiscard]] TimePoint next_arrival() const;

  /// The observer hears of the first one that is due.
  void deliver_one(upstream::ExchangeObserver& observer, TimePoint now);

  /// Exchanges that have neither ended nor been cancelled.
  [[nodiscard]] std::size_t open_exchanges() const;

 private:
  class Transport;

  struct Exchange {
    upstream::ExchangeKey key;
    TimePoint arrives = kNever;  // kNever: silence
    test::Octets reply{};        // empty: a network error
    bool tcp = false;
    bool late = false;
    bool loses_case = false;
    bool cancelled = false;
  };

  boost::system::result<upstream::Transport::Ticket> send(ScriptedUpstream& upstream, bool tcp,
                                                          const upstream::ExchangeKey& key, Bytes query,
                                                          upstream::Spelling spelling, TimePoint now);
  void cancel(upstream::Transport::Ticket ticket);
  [[nodiscard]] static test::Octets respond(const ScriptedUpstream& upstream, bool tcp,
                                            const dns::MessageView& query);

  Told told_;
  std::vector<std::unique_ptr<ScriptedUpstream>> upstreams_;
  std::map<upstream::Transport::Ticket, Exchange> exchanges_;
  upstream::Transport::Ticket next_ticket_ = 1;
};

}  // namespace pacedns::scenario
