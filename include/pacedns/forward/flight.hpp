#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <boost/container/small_vector.hpp>

#include "pacedns/base/time.hpp"
#include "pacedns/cache/address_pool.hpp"
#include "pacedns/cache/cache_key.hpp"
#include "pacedns/cache/response_image.hpp"
#include "pacedns/dns/query_builder.hpp"
#include "pacedns/dns/registry.hpp"
#include "pacedns/forward/attempt.hpp"
#include "pacedns/forward/settings.hpp"
#include "pacedns/forward/upstream_set.hpp"
#include "pacedns/forward/waiter.hpp"
#include "pacedns/plan/query_plan.hpp"

namespace pacedns::forward {

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

  /// Over TCP at random only to find out whether the upstream keeps the letter case.
  [[nodiscard]] upstream::Spelling spelling(const Attempt& attempt) const;

  /// Ends what is under way for this attempt, and its probe.
  void conclude(Attempt& attempt, AttemptOutcome outcome, TimePoint now) const;

  /// Keeps the reply for whoever wants to know, if the flight is to be remembered and has room for it.
  void remember(Attempt& attempt, Bytes reply);

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
  TimePoint second_tier_at = kNever;
  plan::SecondTierReason second_tier_reason = plan::SecondTierReason::FirstReply;
  bool joined = false;  // while it was waited for
  bool ours = false;    // no client asked: it is neither cached, nor does it say anything about an upstream
  bool stale = false;   // the cache has been told to forget the question: it is not cached any more
  bool remembered = false;  // its record goes into the history

  boost::container::small_vector<Waiter, 1> waiters;
  std::shared_ptr<const cache::ResponseImage> answer;  // once the waiters have been answered
  TimePoint answered_at;
  dns::Rcode answer_rcode = dns::Rcode::NoError;
  std::optional<plan::Position> winner;
  std::uint32_t clients = 0;  // that have been answered
  std::optional<cache::AddressPool> pool;
  std::vector<std::uint8_t> replies;  // of a flight that is remembered

 private:
  void end(Attempt& attempt) const;

  dns::UpstreamQuery query_with_edns_;
  dns::UpstreamQuery query_without_edns_;
};

}  // namespace pacedns::forward
