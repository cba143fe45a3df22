#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <boost/circular_buffer.hpp>
#include <boost/system/error_code.hpp>

#include "pacedns/base/random.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/cache/cache_key.hpp"
#include "pacedns/cache/message_cache.hpp"
#include "pacedns/cache/response_image.hpp"
#include "pacedns/forward/flight_history.hpp"
#include "pacedns/forward/inflight_queries.hpp"
#include "pacedns/forward/loop_detector.hpp"
#include "pacedns/forward/settings.hpp"
#include "pacedns/forward/upstream_set.hpp"
#include "pacedns/forward/waiter.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/plan/deadline_queue.hpp"
#include "pacedns/plan/plan_action.hpp"
#include "pacedns/upstream/transport.hpp"
#include "pacedns/upstream/transport_factory.hpp"

namespace pacedns::forward {

/// What waiters are told.
struct Answer {
  std::shared_ptr<const cache::ResponseImage> image;
  std::uint32_t age = 0;           ///< seconds since it was taken
  std::string_view from = "none";  ///< the upstream whose reply it is, `cache` or `none`; not to be kept
};

/// Hears what waiters are to be told.
class AnswerSink {
 public:
  virtual ~AnswerSink() = default;

  /// `answer` is for all of `waiters`. Does not call the driver back.
  virtual void deliver(std::span<const Waiter> waiters, const Answer& answer, TimePoint now) = 0;
};

/// Flies the flights of one worker: does what each plan says, tells the plan what came of it, and fills the
/// cache. All policy is in the plan, in `judge` and in the cache; this is where they meet the transports.
/// Time is an argument here too: its owner calls `on_deadline` when `next_deadline` has come.
class PlanDriver final : public upstream::ExchangeObserver {
 public:
  /// `worker` of `workers`: numbers the flights so that no two have the same generation.
  struct Place {
    unsigned worker = 0;
    unsigned workers = 1;
  };

  PlanDriver(Place place, cache::MessageCache& cache, const cache::KeyHasher& hasher,
             metrics::Counters& counters, Random& random, upstream::TransportFactory& transports,
             AnswerSink& sink);

  void apply(std::shared_ptr<const Settings> settings);

  /// The waiter joins the flight for `key`, which is started if there is none. False if there is no room:
  /// the waiter has not been taken and gets no answer.
  [[nodiscard]] bool resolve(const cache::CacheKey& key, Waiter&& waiter, TimePoint now);

  /// The upstream that forwards to us what it is asked, if this question from a client proves that one does.
  [[nodiscard]] Upstream* find_loop(const dns::Question& question) const;

  /// kNever without flights.
  [[nodiscard]] TimePoint next_deadline() const { return deadlines_.next(); }
  void on_deadline(TimePoint now);

  [[nodiscard]] std::size_t flights() const { return flights_.size(); }

  /// Flights that began last, newest first: those that are remembered, and of the open ones the newest
  /// kNewest.
  [[nodiscard]] std::vector<FlightHistory::Record> recent_flights(std::size_t count) const;
  [[nodiscard]] const FlightHistory& history() const { return history_; }

  /// Nothing if there is none.
  [[nodiscard]] FlightHistory::Record open_flight(const cache::CacheKey& key);

  /// The cache is about to forget these questions: flights for them answer their clients, but neither store
  /// anything any more nor take new waiters. How many there were.
  std::size_t forget(const std::function<bool(Bytes)>& question);

  [[nodiscard]] std::size_t waiters() const { return waiting_; }

  void on_reply(const upstream::ExchangeKey& key, const dns::MessageView& reply, TimePoint now) override;
  void on_suspicion(const upstream::Suspicion& suspicion, TimePoint now) override;
  void on_failure(const upstream::ExchangeKey& key, boost::system::error_code error, TimePoint now) override;

 private:
  using Handle = InflightQueries::Handle;

  /// A screenful: more would keep the worker too long.
  static constexpr std::size_t kNewest = 64;

  [[nodiscard]] bool make_room(TimePoint now);
  void start_flight(const cache::CacheKey& key, const Choice& choice, std::optional<Waiter> waiter,
                    TimePoint now);
  void look_for_loop(std::size_t upstream, TimePoint now);

  void act(Handle handle, plan::PlanActions actions, const dns::MessageView* reply, TimePoint now);
  /// Whether the query has left; if not, what the plan makes of that is added to `actions`.
  [[nodiscard]] bool launch(Handle handle, plan::Position position, plan::PlanActions& actions,
                            TimePoint now);
  void retransmit(Handle handle, plan::Position position, TimePoint now);
  [[nodiscard]] boost::system::error_code transmit(Handle handle, plan::Position position, TimePoint now);
  void answer(Flight& flight, plan::Position position, const dns::MessageView& reply, TimePoint now);
  void answer_failure(Flight& flight, dns::Rcode rcode, dns::ExtendedError error, TimePoint now);
  void tell_waiters(Flight& flight, const std::shared_ptr<const cache::ResponseImage>& image, TimePoint now);
  void deliver(const Flight& flight, std::span<const Waiter> waiters, std::uint32_t age, TimePoint now);
  void expire(Flight& flight, plan::Position position, TimePoint now);
  void finish(Handle handle, TimePoint now);

  void filter(Handle handle, plan::Position position, std::optional<Duration> rtt,
              const dns::MessageView& reply, TimePoint now);
  void on_usable(Handle handle, plan::Position position, std::optional<Duration> rtt,
                 const dns::MessageView& reply, TimePoint now);
  [[nodiscard]] static bool is_worth_waiting_for(const Flight& flight, Attempt& attempt);
  void return_to_udp(const Flight& flight, Attempt& attempt, boost::system::error_code error);
  static void note_letter_case_kept(const Flight& flight, const Attempt& attempt);
  void leave_in_doubt(const Flight& flight, const Attempt& attempt);
  void ask_again(Handle handle, plan::Position position, TimePoint now);
  void fail_attempt(Handle handle, plan::Position position, const plan::AttemptFailure& failure,
                    TimePoint now);
  void not_sent(Flight& flight, Attempt& attempt, boost::system::error_code error, TimePoint now);
  void network_error(Flight& flight, const Attempt& attempt, TimePoint now);
  void collect(Flight& flight, Attempt& attempt, const dns::MessageView& reply, TimePoint now);
  void note_silence(Flight& flight, const Attempt& attempt, TimePoint now);
  void blame(Flight& flight, const Attempt& attempt, TimePoint now);
  void note(Upstream& upstream, const std::optional<health::Transition>& transition, TimePoint now);

  Place place_;
  cache::MessageCache& cache_;
  const cache::KeyHasher& hasher_;
  metrics::Counters& counters_;
  Random& random_;
  upstream::TransportFactory& transports_;
  AnswerSink& sink_;

  std::shared_ptr<const Settings> settings_;
  std::shared_ptr<UpstreamSet> upstreams_;
  InflightQueries flights_;
  plan::DeadlineQueue deadlines_;  // by slot
  boost::circular_buffer<Handle> newest_{
      kNewest};                  // that are to be remembered; may hold those of flights gone
  std::deque<Handle> answered_;  // oldest first; those that may give way. May hold handles of flights gone
  FlightHistory history_;
  LoopDetector loop_detector_;
  std::size_t waiting_ = 0;
  std::uint64_t next_generation_;
};

}  // namespace pacedns::forward
