#pragma once

#include <memory>
#include <vector>

#include <boost/system/result.hpp>

#include "pacedns/app/worker.hpp"
#include "pacedns/base/random.hpp"
#include "pacedns/cache/message_cache.hpp"
#include "pacedns/config/config.hpp"
#include "pacedns/forward/settings.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/net/endpoint.hpp"

namespace pacedns::app {

/// Why an address could not be listened on.
struct BindFailure {
  net::Endpoint endpoint;
  boost::system::error_code error;
};

/// All workers and what they share. Used by the main thread.
class WorkerPool {
 public:
  explicit WorkerPool(const config::Config& config);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Binds all addresses for all workers, or none. Returns them as they are bound, port 0 resolved.
  [[nodiscard]] boost::system::result<std::vector<net::Endpoint>, BindFailure> bind(
      const std::vector<net::Endpoint>& addresses);

  void start(const std::shared_ptr<const forward::Settings>& settings);
  void apply(const std::shared_ptr<const forward::Settings>& settings);

  /// Takes no new queries, waits until those in flight are answered, but no longer than `patience`, and ends
  /// the threads.
  void stop(Duration patience);

  [[nodiscard]] metrics::Snapshot counters() const;
  [[nodiscard]] cache::CacheUsage cache_usage() const { return cache_.usage(); }

 private:
  [[nodiscard]] bool quiet();

  Random random_;
  cache::MessageCache cache_;
  cache::KeyHasher hasher_;
  server::ConnectionCount open_connections_{0};
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace pacedns::app
