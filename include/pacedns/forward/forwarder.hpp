#pragma once

#include <atomic>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "pacedns/base/random.hpp"
#include "pacedns/base/thread_check.hpp"
#include "pacedns/cache/cache_key.hpp"
#include "pacedns/cache/message_cache.hpp"
#include "pacedns/forward/deadline_timer.hpp"
#include "pacedns/forward/fast_path.hpp"
#include "pacedns/forward/plan_driver.hpp"
#include "pacedns/forward/query_log.hpp"
#include "pacedns/forward/settings.hpp"
#include "pacedns/forward/special_names.hpp"
#include "pacedns/forward/waiter.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/server/listeners.hpp"
#include "pacedns/server/query_handler.hpp"
#include "pacedns/upstream/transport_factory.hpp"

namespace pacedns::forward {

/// One worker's part of the forwarding: takes queries from its listeners, answers from the cache, and hands
/// each miss to the worker that its key hashes to, which may be itself; takes the misses that others hand it,
/// answers over UDP itself, and over TCP through whom the clients are connected to.
///
/// Used by its worker's thread. Only `hand_over` and `hand_back` are called from others.
class Forwarder final : public server::QueryHandler, private AnswerSink, private upstream::ExchangeObserver {
 public:
  Forwarder(boost::asio::io_context& io, PlanDriver::Place place, cache::MessageCache& cache,
            const cache::KeyHasher& hasher, metrics::Counters& counters);

  /// The forwarders of all workers in order, this one included, and the listeners of this worker. All of
  /// them outlive the threads.
  void connect(std::vector<Forwarder*> all, server::Listeners& listeners);

  void apply(const std::shared_ptr<const Settings>& settings);

  void on_queries(std::span<server::Incoming> batch, TimePoint now) override;

  /// The flights of this worker.
  [[nodiscard]] PlanDriver& driver() { return driver_; }

 private:
  using Image = std::shared_ptr<const cache::ResponseImage>;

  struct Miss {
    cache::CacheKey key;
    Waiter waiter;
  };

  /// Writes the reply to a question that no upstream is to hear of; false if it is not one.
  [[nodiscard]] bool answer_special(server::Incoming& incoming, const FastPath::Attempted& attempted);

  [[nodiscard]] server::Handled on_miss(const server::Incoming& incoming,
                                        const FastPath::Attempted& attempted, TimePoint now);

  [[nodiscard]] server::Handled refuse(const server::Incoming& incoming, const dns::Query& query,
                                       dns::Rcode rcode);

  /// The misses of a batch travel together: a worker that sleeps has to be woken only once.
  void hand_over_misses();

  /// From another worker's thread: this one shall resolve them.
  void hand_over(std::vector<Miss> misses);

  /// From another worker's thread: its answer to waiters of this one that are connected over TCP.
  void hand_back(std::vector<Waiter> waiters, Image image, std::uint32_t age, std::string from);

  // Transports report here, so that the timer follows whatever the driver makes of it.
  void on_reply(const upstream::ExchangeKey& key, const dns::MessageView& reply, TimePoint now) override;
  void on_suspicion(const upstream::Suspicion& suspicion, TimePoint now) override;
  void on_failure(const upstream::ExchangeKey& key, boost::system::error_code error, TimePoint now) override;
  void on_timer();
  void arm_timer() { timer_.arm(driver_.next_deadline()); }

  /// Those of a batch that were answered at once, for the query log.
  void log_answered(std::span<const server::Incoming> batch, const std::bitset<server::kMaxBatch>& hits,
                    const std::bitset<server::kMaxBatch>& special, TimePoint received_at, TimePoint now);

  void on_handed_over(const std::vector<Miss>& misses);
  void take(const Miss& miss, TimePoint now);
  void deliver(std::span<const Waiter> waiters, const Answer& answer, TimePoint now) override;
  void send(const Waiter& waiter, const Answer& answer, TimePoint now);

  ThreadCheck thread_;
  boost::asio::io_context& io_;
  PlanDriver::Place place_;
  cache::MessageCache& cache_;
  metrics::Counters& counters_;
  FastPath fast_path_;
  std::optional<SpecialNames> special_names_;
  Random random_;
  upstream::SocketTransportFactory transports_;
  PlanDriver driver_;
  DeadlineTimer timer_;
  std::vector<Forwarder*> all_;
  server::Listeners* listeners_ = nullptr;
  std::vector<std::uint8_t> reply_;
  QueryLog query_log_;
  std::vector<std::vector<Miss>> misses_for_;  // by worker; empty between batches
  std::atomic<std::size_t> expected_{0};       // misses on their way to this worker
};

}  // namespace pacedns::forward
