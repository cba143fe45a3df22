#include "pacedns/app/stderr_sink.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <unistd.h>

namespace pacedns::app {
namespace {

/// A pipe in the place of this process' stderr.
class PipedStderr {
 public:
  PipedStderr() : before_(::dup(STDERR_FILENO)) {
    EXPECT_EQ(::pipe(ends_.data()), 0);
    EXPECT_GE(::dup2(ends_[1], STDERR_FILENO), 0);
    ::close(ends_[1]);
    ::fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  }
  ~PipedStderr() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    ::close(ends_[0]);
  }
  PipedStderr(const PipedStderr&) = delete;
  PipedStderr& operator=(const PipedStderr&) = delete;

  /// All that waits in it.
  std::string read() {
    std::string text;
    std::array<char, 65536> part{};
    for (ssize_t size = 0; (size = ::read(ends_[0], part.data(), part.size())) > 0;)
      text.append(part.data(), static_cast<std::size_t>(size));
    return text;
  }

 private:
  int before_;
  std::array<int, 2> ends_{};
};

spdlog::logger logger() {
  auto sink = std::make_shared<StderrSink>();
  sink->set_pattern("%v");
  return {"test", sink};
}

TEST(StderrSink, WritesEachLine) {
  PipedStderr piped;
  logger().info("one");
  logger().info("two");
  EXPECT_EQ(piped.read(), "one\ntwo\n");
}

TEST(StderrSink, CutsALineThatAPipeMightTakeInParts) {
  PipedStderr piped;
  logger().info(std::string(10000, 'x'));
  EXPECT_EQ(piped.read(), std::string(4095, 'x') + "\n");
}

// More than any pipe of the usual size holds: a sink that waits would never come to the end.
TEST(StderrSink, LosesLinesAndCountsThemWhileNobodyReads) {
  PipedStderr piped;
  const auto before = StderrSink::lost_lines();
  auto log = logger();
  constexpr int kLines = 2000;
  for (int i = 0; i < kLines; ++i)
    log.info(std::string(200, 'x'));
  const auto lost = StderrSink::lost_lines() - before;
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(piped.read().size(), (kLines - lost) * 201);

  log.info("again");
  EXPECT_EQ(piped.read(), "again\n");
  EXPECT_EQ(StderrSink::lost_lines() - before, lost);
}

}  // namespace
}  // namespace pacedns::app
