#include "pacedns/app/logging.hpp"

#include <cstdlib>
#include <memory>
#include <regex>
#include <string>

#include <gtest/gtest.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>

namespace pacedns::app {
namespace {

using config::LogLevel;
using config::LogTarget;

class Logging : public testing::Test {
 protected:
  Logging() : before_(spdlog::default_logger()) {}
  ~Logging() override {
    spdlog::set_default_logger(before_);
    spdlog::set_level(spdlog::level::info);
  }

  /// What `log` writes to stderr.
  template <typename Log>
  static std::string written(Log log) {
    testing::internal::CaptureStderr();
    log();
    spdlog::default_logger()->flush();
    return testing::internal::GetCapturedStderr();
  }

 private:
  std::shared_ptr<spdlog::logger> before_;
};

TEST_F(Logging, LinesOnStderrHaveTimeAndLevelAsKeys) {
  const std::string line = written([] {
    start_logging({.level = LogLevel::Info, .target = LogTarget::Stderr});
    spdlog::info("event=something");
  });
  const std::regex form(
      R"(time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d level=info event=something\n)");
  EXPECT_TRUE(std::regex_match(line, form)) << line;
}

TEST_F(Logging, TheLevelDecidesWhatIsWritten) {
  struct Row {
    LogLevel level;
    const char* written;
  };
  for (const Row& row : {Row{LogLevel::Debug, "diwe"}, Row{LogLevel::Info, "iwe"},
                         Row{LogLevel::Warning, "we"}, Row{LogLevel::Error, "e"}}) {
    std::string seen = written([&] {
      start_logging({.level = row.level, .target = LogTarget::Stderr});
      spdlog::default_logger()->set_pattern("%v");
      spdlog::debug("d");
      spdlog::info("i");
      spdlog::warn("w");
      spdlog::error("e");
    });
    std::erase(seen, '\n');
    EXPECT_EQ(seen, row.written);
  }
}

TEST_F(Logging, AReloadChangesTheLevelOfTheRunningLogger) {
  const std::string seen = written([] {
    start_logging({.level = LogLevel::Error, .target = LogTarget::Stderr});
    spdlog::default_logger()->set_pattern("%v");
    spdlog::info("before");
    set_log_level(LogLevel::Info);
    spdlog::info("after");
  });
  EXPECT_EQ(seen, "after\n");
}

TEST_F(Logging, AnotherLoggersLinesHaveTheSameForm) {
  const auto line_of = [](spdlog::sink_ptr sink) {
    testing::internal::CaptureStderr();
    spdlog::logger(kLoggerName, std::move(sink)).info("event=query");
    return testing::internal::GetCapturedStderr();
  };
  start_logging({.level = LogLevel::Info, .target = LogTarget::Stderr});
  const std::regex time("time=[^ ]+");
  EXPECT_EQ(std::regex_replace(line_of(make_log_sink(LogTarget::Stderr)), time, ""),
            " level=info event=query\n");
  EXPECT_EQ(std::regex_replace(line_of(spdlog::default_logger()->sinks().at(0)), time, ""),
            " level=info event=query\n");
  EXPECT_NE(make_log_sink(LogTarget::Stderr), spdlog::default_logger()->sinks().at(0));
}

// Nothing is logged here: the journal of this machine is none of a test's business.
TEST_F(Logging, TheJournalIsTakenUnderSystemdOnly) {
  const auto to_journal = [] {
    const auto& sink = spdlog::default_logger()->sinks().at(0);
    return dynamic_cast<const spdlog::sinks::systemd_sink_mt*>(sink.get()) != nullptr;
  };
  ::unsetenv("JOURNAL_STREAM");
  start_logging({.level = LogLevel::Info, .target = LogTarget::Auto});
  EXPECT_FALSE(to_journal());
  start_logging({.level = LogLevel::Info, .target = LogTarget::Journal});
  EXPECT_TRUE(to_journal());

  ::setenv("JOURNAL_STREAM", "8:1", 1);
  start_logging({.level = LogLevel::Info, .target = LogTarget::Auto});
  EXPECT_TRUE(to_journal());
  start_logging({.level = LogLevel::Info, .target = LogTarget::Stderr});
  EXPECT_FALSE(to_journal());
  ::unsetenv("JOURNAL_STREAM");
}

}  // namespace
}  // namespace pacedns::app
