#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <boost/container/small_vector.hpp>

#include "pacedns/base/time.hpp"
#include "pacedns/cache/address_pool.hpp"
#include "pacedns/cache/cache_key.hpp"
#include "pacedns/cache/response_image.hpp"
#include "pacedns/dns/query_builder.hpp"
#include "pacedns/dns/registry.hpp"
#include "pacedns/forward/settings.hpp"
#include "pacedns/forward/upstream_set.hpp"
#include "pacedns/forward/waiter.hpp"
#include "pacedns/plan/query_plan.hpp"

namespace pacedns::forward {

/// One time that an upstream was sent the query.
struct Transmission {
  upstream::Transport* transport;
  upstream::Transport::Ticket ticket;
  TimePoint sent_at;
};

/// All that is asked of one upstream within one flight: retransmissions, the retry over TCP and the one
/// without EDNS included.
struct Attempt {
  /// Nobody waits for any of them any more. What a transport reports meanwhile finds none of them.
  void end_transmissions();

  std::uint16_t upstream = 0;
  bool probe = false;
  bool with_edns = true;
  bool over_tcp = false;
  bool over = true;  // until it is launched
  TimePoint launched_at;
  std::optional<Duration> udp_rtt;  // of a truncated reply; the retry over TCP says nothing about the path
  boost::container::small_vector<Transmission, 2> transmissions;
};

/// One question under way: who waits for it, who was asked, what has come. Data only; `PlanDriver` acts on
/// it. Removed when its plan is finished. Mostly it needs no further memory.
struct Flight {
  Flight(const cache::CacheKey& flight_key, std::uint64_t flight_generation,
         std::shared_ptr<const Settings> flight_settings, std::shared_ptr<UpstreamSet> flight_upstreams,
         const Choice& choice, TimePoint now);

  /// The attempts' exchanges end with it, without any effect on health: nobody waits for them any more.
  ~Flight();
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;

  /// What upstreams are sent; built once for each form.
  [[nodiscard]] Bytes query(bool with_edns);

  [[nodiscard]] Upstream& upstream_of(const Attempt& attempt) const { return (*upstreams)[attempt.upstream]; }

  /// Ends what is under way for this attempt, and its probe.
  void conclude(Attempt& attempt) const;

  /// Whole seconds since the answer was there.
  [[nodiscard]] std::uint32_t answer_age(TimePoint now) const {
    return static_cast<std::uint32_t>(whole_seconds(now) - whole_seconds(answered_at));
  }

  cache::CacheKey key;
  std::uint64_t generation;
  std::shared_ptr<const Settings> settings;
  std::shared_ptr<UpstreamSet> upstreams;
  plan::QueryPlan plan;
  boost::container::small_vector<Attempt, 4> attempts;  // by position in the plan
  TimePoint started_at;
  bool second_tier = false;  // whether it has begun
  bool joined = false;       // while it was waited for
  bool ours = false;  // no client asked: it is neither cached, nor does it say anything about an upstream

  boost::container::small_vector<Waiter, 1> waiters;
  std::shared_ptr<const cache::ResponseImage> answer;  // once the waiters have been answered
  TimePoint answered_at;
  dns::Rcode answer_rcode = dns::Rcode::NoError;
  std::optional<cache::AddressPool> pool;

 private:
  dns::UpstreamQuery query_with_edns_;
  dns::UpstreamQuery query_without_edns_;
};

}  // namespace pacedns::forward
