#pragma once

#include <cstdint>

#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

namespace pacedns::app {

/// Writes log lines to stderr, and never waits for whoever reads it: a pipe that nobody empties must not stop
/// the daemon. A line that finds no room is lost, and counted. Lines are cut at 4096 octets, which a pipe
/// takes as a whole or not at all (PIPE_BUF, pipe(7)).
class StderrSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  /// Of all such sinks, since the start.
  [[nodiscard]] static std::uint64_t lost_lines();

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}
};

}  // namespace pacedns::app
