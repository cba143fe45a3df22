#pragma once

#include "pacedns/config/config.hpp"

namespace pacedns::app {

/// Sends log lines where the configuration says: to the journal, or to stderr with time and level as
/// key=value like the rest. Called once, before the first line.
void start_logging(const config::LogOptions& options);

/// A reload may change the level.
void set_log_level(config::LogLevel level);

}  // namespace pacedns::app
