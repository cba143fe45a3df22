#pragma once

namespace pacedns::app {

/// `pacedns [run|check|status|explain|flush|dump] [-c FILE] ...`, `pacedns --version`. Returns the exit code:
/// 0 fine, 1 run-time failure, 2 bad usage or bad configuration.
[[nodiscard]] int run_command_line(int argc, const char* const* argv);

}  // namespace pacedns::app
