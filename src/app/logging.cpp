#include "pacedns/app/logging.hpp"

#include <cstdlib>
#include <memory>

#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>

#include "pacedns/app/stderr_sink.hpp"

namespace pacedns::app {
namespace {

bool under_systemd() {
  // Set for services whose stderr is the journal (systemd.exec(5)).
  return std::getenv("JOURNAL_STREAM") != nullptr;
}

spdlog::level::level_enum to_spdlog(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::Debug:
      return spdlog::level::debug;
    case config::LogLevel::Info:
      return spdlog::level::info;
    case config::LogLevel::Warning:
      return spdlog::level::warn;
    case config::LogLevel::Error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

spdlog::sink_ptr make_log_sink(config::LogTarget target) {
  const bool journal =
      target == config::LogTarget::Journal || (target == config::LogTarget::Auto && under_systemd());
  if (journal) {
    auto sink = std::make_shared<spdlog::sinks::systemd_sink_mt>();
    sink->set_pattern("%v");
    return sink;
  }
  auto sink = std::make_shared<StderrSink>();
  sink->set_pattern("time=%Y-%m-%dT%H:%M:%S.%e%z level=%l %v");
  return sink;
}

void start_logging(const config::LogOptions& options) {
  spdlog::set_default_logger(std::make_shared<spdlog::logger>(kLoggerName, make_log_sink(options.target)));
  set_log_level(options.level);
}

void set_log_level(config::LogLevel level) {
  spdlog::set_level(to_spdlog(level));
}

}  // namespace pacedns::app
