#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "pacedns/app/query_log_thread.hpp"
#include "pacedns/app/worker_pool.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/config/config.hpp"
#include "pacedns/forward/settings.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/status/subject.hpp"

namespace pacedns::app {

/// The daemon as the status sees it: reads what the workers count, and asks them what only they know.
class DaemonSubject final : public status::Subject {
 public:
  DaemonSubject(WorkerPool& workers, const QueryLogThread& query_log, std::string config_path,
                std::shared_ptr<const config::Config> started_with);

  /// What is in force from now on.
  void follow(std::shared_ptr<const config::Config> config,
              std::shared_ptr<const forward::Settings> settings);

  /// What the main thread counts.
  [[nodiscard]] metrics::Counters& counters() { return counters_; }

  /// Of the status server, which comes and goes without this.
  void tell_refused_connections(std::function<std::uint64_t()> refused) { refused_ = std::move(refused); }

  [[nodiscard]] status::Report report() const override;
  [[nodiscard]] cache::MessageCache& cache() override { return workers_.cache(); }
  [[nodiscard]] const cache::KeyHasher& hasher() const override { return workers_.hasher(); }
  [[nodiscard]] boost::asio::awaitable<status::Records> recent_flights(std::size_t count) override;
  [[nodiscard]] boost::asio::awaitable<status::Records> flights_for(
      std::vector<std::uint8_t> question) override;
  [[nodiscard]] boost::asio::awaitable<std::size_t> forget(std::function<bool(Bytes)> question) override;

 private:
  [[nodiscard]] status::UpstreamReport report_on(const forward::UpstreamSetting& upstream) const;

  WorkerPool& workers_;
  const QueryLogThread& query_log_;
  std::string config_path_;
  std::shared_ptr<const config::Config> started_with_;
  TimePoint started_at_;
  metrics::Counters counters_;
  std::shared_ptr<const config::Config> config_;
  std::shared_ptr<const forward::Settings> settings_;
  std::function<std::uint64_t()> refused_;
};

}  // namespace pacedns::app
