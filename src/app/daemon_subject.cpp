#include "pacedns/app/daemon_subject.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

#include <unistd.h>

#include "pacedns/app/stderr_sink.hpp"
#include "pacedns/dns/wire.hpp"

namespace pacedns::app {
namespace {

using boost::asio::awaitable;
using forward::FlightHistory;
using forward::PlanDriver;
using status::Records;

void sort_newest_first(Records& records) {
  std::ranges::sort(records, std::greater{}, [](const auto& record) { return record->started_at; });
}

/// A question of a client may have any of these keys, and each hashes to one worker.
std::vector<cache::CacheKey> keys_of(Bytes wire, const cache::KeyHasher& hasher) {
  const dns::Question question{wire, dns::load_u16(wire, wire.size() - 4),
                               dns::load_u16(wire, wire.size() - 2)};
  std::vector<cache::CacheKey> keys;
  for (const bool dnssec_ok : {false, true})
    for (const bool checking_disabled : {false, true})
      keys.emplace_back(question, dnssec_ok, checking_disabled, hasher);
  return keys;
}

/// What is open and the first look at what is remembered, in one visit: a flight that ended between two would
/// be found twice.
FlightHistory::Look first_look(PlanDriver& driver, Bytes question, const std::vector<cache::CacheKey>& keys) {
  FlightHistory::Look look = driver.history().look_for(question, std::nullopt);
  for (const cache::CacheKey& key : keys)
    if (auto record = driver.open_flight(key)) look.found.push_back(std::move(record));
  return look;
}

}  // namespace

DaemonSubject::DaemonSubject(WorkerPool& workers, const QueryLogThread& query_log, std::string config_path,
                             std::shared_ptr<const config::Config> started_with)
    : workers_(workers),
      query_log_(query_log),
      config_path_(std::move(config_path)),
      started_with_(std::move(started_with)),
      started_at_(steady_now()) {}

void DaemonSubject::follow(std::shared_ptr<const config::Config> config,
                           std::shared_ptr<const forward::Settings> settings) {
  config_ = std::move(config);
  settings_ = std::move(settings);
}

status::Report DaemonSubject::report() const {
  status::Report report;
  report.version = PACEDNS_VERSION;
  report.config_path = config_path_;
  report.pid = ::getpid();
  report.workers = started_with_->workers;
  report.uptime = steady_now() - started_at_;
  report.totals = workers_.counters();
  report.totals.add(counters_);
  report.cache = workers_.cache().usage();
  report.cache_size = started_with_->cache.size;
  report.open_tcp_connections = workers_.open_tcp_connections();
  report.lost_log_lines = query_log_.lost_lines() + StderrSink::lost_lines();
  if (refused_) report.refused_connections = refused_();
  if (!settings_) return report;
  for (const forward::UpstreamSetting& upstream : settings_->upstreams)
    report.upstreams.push_back(report_on(upstream));
  return report;
}

status::UpstreamReport DaemonSubject::report_on(const forward::UpstreamSetting& upstream) const {
  const auto& configured = config_->upstream.servers;
  const bool from_file = std::ranges::find(configured, upstream.server) == configured.end();
  return {.name = upstream.server.name,
          .address = upstream::to_url(upstream.server),
          .source = from_file ? "resolv_conf" : "servers",
          .state = upstream.health->state(),
          .smoothed_rtt = upstream.health->smoothed_rtt(),
          .counts = upstream.totals->sum()};
}

awaitable<Records> DaemonSubject::recent_flights(std::size_t count) {
  Records all;
  for (const auto& worker : workers_.workers()) {
    auto some =
        co_await worker->inquire([count](PlanDriver& driver) { return driver.recent_flights(count); });
    all.insert(all.end(), some.begin(), some.end());
  }
  sort_newest_first(all);
  all.resize(std::min(count, all.size()));
  co_return all;
}

awaitable<Records> DaemonSubject::flights_for(std::vector<std::uint8_t> question) {
  Records all;
  const auto keys = keys_of(question, workers_.hasher());
  for (const auto& worker : workers_.workers()) {
    auto look =
        co_await worker->inquire([&](PlanDriver& driver) { return first_look(driver, question, keys); });
    all.insert(all.end(), look.found.begin(), look.found.end());
    while (look.next) {
      look = co_await worker->inquire([&question, before = look.next](PlanDriver& driver) {
        return driver.history().look_for(question, before);
      });
      all.insert(all.end(), look.found.begin(), look.found.end());
    }
  }
  sort_newest_first(all);
  co_return all;
}

awaitable<std::size_t> DaemonSubject::forget(std::function<bool(Bytes)> question) {
  std::size_t forgotten = 0;
  for (const auto& worker : workers_.workers()) {
    forgotten +=
        co_await worker->inquire([&question](PlanDriver& driver) { return driver.forget(question); });
  }
  co_return forgotten;
}

}  // namespace pacedns::app
