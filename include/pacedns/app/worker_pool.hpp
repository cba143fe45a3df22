#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "pacedns/app/listen_addresses.hpp"
#include "pacedns/app/worker.hpp"
#include "pacedns/base/random.hpp"
#include "pacedns/cache/message_cache.hpp"
#include "pacedns/config/config.hpp"
#include "pacedns/forward/settings.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/plan/plan_options.hpp"

namespace pacedns::app {

/// Longer than the longest flight that any configuration allows, since flights may have begun under another
/// one. All clients have their answers long before.
inline constexpr Duration kPatience = plan::kTotalCollectTimeout.maximum + std::chrono::milliseconds(500);

/// All workers and what they share. Used by the main thread.
class WorkerPool {
 public:
  explicit WorkerPool(const config::Config& config);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Before `start`, too; there before the first address is listened on.
  void apply(const std::shared_ptr<const forward::Settings>& settings);

  [[nodiscard]] ListenAddresses& addresses() { return addresses_; }

  void start();

  /// Takes no new queries, waits until those in flight are answered, but no longer than `patience`, and ends
  /// the threads.
  void stop(Duration patience);

  /// Whether all workers have done anything since this was last asked.
  [[nodiscard]] bool have_responded();

  [[nodiscard]] metrics::Snapshot counters() const;
  [[nodiscard]] cache::MessageCache& cache() { return cache_; }
  [[nodiscard]] const cache::KeyHasher& hasher() const { return hasher_; }
  [[nodiscard]] std::size_t open_tcp_connections() const { return open_connections_.total(); }
  [[nodiscard]] const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }

 private:
  [[nodiscard]] bool quiet();

  Random random_;
  cache::MessageCache cache_;
  cache::KeyHasher hasher_;
  server::ConnectionCount open_connections_;
  std::vector<std::unique_ptr<Worker>> workers_;
  ListenAddresses addresses_{workers_};
};

}  // namespace pacedns::app
