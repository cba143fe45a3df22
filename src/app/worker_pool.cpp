#include "pacedns/app/worker_pool.hpp"

#include <algorithm>
#include <thread>

namespace pacedns::app {
namespace {

constexpr Duration kDrainInterval = std::chrono::milliseconds(10);

}  // namespace

WorkerPool::WorkerPool(const config::Config& config) : cache_(config.cache.size), hasher_(random_) {
  const Shared shared{cache_, hasher_, open_connections_};
  std::vector<forward::Forwarder*> forwarders;
  for (unsigned i = 0; i < config.workers; ++i) {
    const forward::PlanDriver::Place place{.worker = i, .workers = config.workers};
    workers_.push_back(std::make_unique<Worker>(place, config.server, shared));
    forwarders.push_back(&workers_.back()->forwarder());
  }
  for (const auto& worker : workers_)
    worker->connect(forwarders);
}

WorkerPool::~WorkerPool() {
  // All threads end before the first worker goes: they hand things to each other.
  for (const auto& worker : workers_)
    worker->stop();
}

void WorkerPool::start() {
  for (const auto& worker : workers_)
    worker->start();
}

void WorkerPool::apply(const std::shared_ptr<const forward::Settings>& settings) {
  for (const auto& worker : workers_)
    worker->apply(settings);
}

void WorkerPool::stop(Duration patience) {
  const TimePoint deadline = steady_now() + patience;
  for (const auto& worker : workers_)
    worker->stop_accepting();
  // Twice: a query or an answer may be on its way from one worker to another.
  for (int quiet_rounds = 0; quiet_rounds < 2 && steady_now() < deadline;) {
    quiet_rounds = quiet() ? quiet_rounds + 1 : 0;
    std::this_thread::sleep_for(kDrainInterval);
  }
  for (const auto& worker : workers_)
    worker->stop();
}

metrics::Snapshot WorkerPool::counters() const {
  metrics::Snapshot sum;
  for (const auto& worker : workers_)
    sum.add(worker->counters());
  return sum;
}

bool WorkerPool::have_responded() {
  bool all = true;
  for (const auto& worker : workers_)
    all = worker->has_responded() && all;
  return all;
}

bool WorkerPool::quiet() {
  return open_connections_.total() == 0 &&
         std::ranges::all_of(workers_, [](const auto& worker) { return worker->waiters() == 0; });
}

}  // namespace pacedns::app
