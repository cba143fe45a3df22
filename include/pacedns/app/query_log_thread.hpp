#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include <spdlog/common.h>
#include <spdlog/logger.h>

namespace spdlog::details {
class thread_pool;
}

namespace pacedns::app {

/// Writes the lines of the query log, from a thread of its own, so that no worker ever waits for the journal
/// or a terminal: 8192 lines wait for the thread, then the oldest are lost. The thread starts with the first
/// call of `logger` and is there until `stop`, asleep when the log is off: to end it could mean to wait for a
/// sink that is stalled.
///
/// Used by the main thread; only the logger is for others.
class QueryLogThread {
 public:
  using MakeSink = std::function<spdlog::sink_ptr()>;

  explicit QueryLogThread(MakeSink make_sink) : make_sink_(std::move(make_sink)) {}
  ~QueryLogThread() { stop(); }
  QueryLogThread(const QueryLogThread&) = delete;
  QueryLogThread& operator=(const QueryLogThread&) = delete;

  /// The same one each time. It never blocks.
  [[nodiscard]] std::shared_ptr<spdlog::logger> logger();

  /// Writes what is waiting and ends the thread. Nobody may be logging any more.
  void stop();

  /// Lines that were never written because the sink was too slow.
  [[nodiscard]] std::uint64_t lost_lines() const;

 private:
  MakeSink make_sink_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::logger> logger_;
  std::uint64_t lost_before_ = 0;  // by threads that have ended
};

}  // namespace pacedns::app
