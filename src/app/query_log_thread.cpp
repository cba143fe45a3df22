#include "pacedns/app/query_log_thread.hpp"

#include <cstddef>
#include <utility>

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>

#include "pacedns/app/capabilities.hpp"
#include "pacedns/app/logging.hpp"

namespace pacedns::app {
namespace {

/// Eight seconds of the default rate; with the lines, 3 MiB.
constexpr std::size_t kWaitingLines = 8192;

}  // namespace

std::shared_ptr<spdlog::logger> QueryLogThread::logger() {
  if (logger_) return logger_;
  // It may start before the daemon gives the capability up, and has no use for it.
  const auto on_start = [] { static_cast<void>(drop_bind_capability()); };
  pool_ = std::make_shared<spdlog::details::thread_pool>(kWaitingLines, 1, on_start);
  logger_ = std::make_shared<spdlog::async_logger>(kLoggerName, make_sink_(), pool_,
                                                   spdlog::async_overflow_policy::overrun_oldest);
  return logger_;
}

void QueryLogThread::stop() {
  if (!pool_) return;
  lost_before_ += pool_->overrun_counter();
  pool_.reset();  // the thread writes what is before its end in the queue
  for (const spdlog::sink_ptr& sink : logger_->sinks())
    sink->flush();
  logger_.reset();
}

std::uint64_t QueryLogThread::lost_lines() const {
  return lost_before_ + (pool_ ? pool_->overrun_counter() : 0);
}

}  // namespace pacedns::app
