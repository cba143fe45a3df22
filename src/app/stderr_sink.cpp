#include "pacedns/app/stderr_sink.hpp"

#include <atomic>
#include <climits>
#include <cstddef>
#include <mutex>

#include <poll.h>
#include <unistd.h>

namespace pacedns::app {
namespace {

/// Of all sinks on stderr: what one has seen to have room is not taken by another. Never held for long.
std::mutex mutex;

std::atomic<std::uint64_t> lost{0};

bool has_room() {
  pollfd stderr_poll{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  return ::poll(&stderr_poll, 1, 0) == 1 && (stderr_poll.revents & POLLOUT) != 0;
}

}  // namespace

std::uint64_t StderrSink::lost_lines() {
  return lost.load(std::memory_order_relaxed);
}

void StderrSink::sink_it_(const spdlog::details::log_msg& message) {
  spdlog::memory_buf_t line;
  const std::scoped_lock lock(mutex);
  formatter_->format(message, line);
  if (line.size() > PIPE_BUF) {
    line.resize(PIPE_BUF);
    line[PIPE_BUF - 1] = '\n';
  }
  const bool written = has_room() && ::write(STDERR_FILENO, line.data(), line.size()) > 0;
  if (!written) lost.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace pacedns::app
