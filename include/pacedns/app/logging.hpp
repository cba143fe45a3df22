#pragma once

#include <spdlog/common.h>

#include "pacedns/config/config.hpp"

namespace pacedns::app {

/// Of all loggers: the journal knows the lines by it.
inline constexpr const char* kLoggerName = "pacedns";

/// Writes lines where the configuration says: to the journal, or to stderr with time and level as key=value
/// like the rest.
[[nodiscard]] spdlog::sink_ptr make_log_sink(config::LogTarget target);

/// Sends log lines to such a sink. Called once, before the first line.
void start_logging(const config::LogOptions& options);

/// A reload may change the level.
void set_log_level(config::LogLevel level);

}  // namespace pacedns::app
