#include <linux/capability.h>
#include <sys/syscall.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/sinks/sink.h>
#include <unistd.h>

#include "pacedns/app/logging.hpp"
#include "pacedns/app/query_log_thread.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/forward/query_log.hpp"

namespace pacedns::app {
namespace {

constexpr int kWaitingLines = 8192;

/// Notes the lines, and is as slow as the test wants it to be.
class SlowSink final : public spdlog::sinks::sink {
 public:
  void log(const spdlog::details::log_msg& message) override {
    entered.release();
    const std::lock_guard wait(stalled);
    lines.emplace_back(message.payload.data(), message.payload.size());
    names.emplace_back(message.logger_name.data(), message.logger_name.size());
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
    ::syscall(SYS_capget, &header, sets);
    may_bind_low_ports = (sets[0].effective >> CAP_NET_BIND_SERVICE & 1U) != 0;
  }
  void flush() override { ++flushes; }
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

  std::counting_semaphore<> entered{0};  // released when a line has come
  std::mutex stalled;                    // held by the test to stall the sink
  std::vector<std::string> lines;        // to be read once the thread has ended
  std::vector<std::string> names;
  int flushes = 0;
  bool may_bind_low_ports = true;
};

class QueryLogThreadConcurrent : public testing::Test {
 protected:
  [[nodiscard]] static std::ptrdiff_t threads() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
  }

  /// Whether there are so many. The kernel shows a thread for a moment longer than it takes to join it.
  [[nodiscard]] static bool come_down_to(std::ptrdiff_t count) {
    const TimePoint deadline = steady_now() + std::chrono::seconds(10);
    while (threads() != count && steady_now() < deadline)
      std::this_thread::yield();
    return threads() == count;
  }

  /// The number of threads, once a sanitizer has started its own, as it does with the first of ours.
  [[nodiscard]] static std::ptrdiff_t threads_to_begin_with() {
    std::binary_semaphore counted{0};
    std::thread first([&] { counted.acquire(); });
    const auto with_first = threads();
    counted.release();
    first.join();
    EXPECT_TRUE(come_down_to(with_first - 1));
    return threads();
  }

  std::shared_ptr<SlowSink> sink_ = std::make_shared<SlowSink>();
  int sinks_made_ = 0;
  QueryLogThread log_{[this] {
    ++sinks_made_;
    return sink_;
  }};
};

TEST_F(QueryLogThreadConcurrent, IsNotThereBeforeItIsNeededNorAfterItHasStopped) {
  const auto before = threads_to_begin_with();
  {
    QueryLogThread never_used{[this] { return sink_; }};
    EXPECT_EQ(threads(), before);
    EXPECT_EQ(never_used.lost_lines(), 0U);
  }
  const auto logger = log_.logger();
  EXPECT_EQ(threads(), before + 1);
  EXPECT_EQ(log_.logger(), logger);
  EXPECT_EQ(threads(), before + 1);
  log_.stop();
  EXPECT_TRUE(come_down_to(before));
  log_.stop();
  EXPECT_EQ(sinks_made_, 1);
}

TEST_F(QueryLogThreadConcurrent, AStopWritesWhatIsWaiting) {
  const auto logger = log_.logger();
  for (int i = 0; i < 1000; ++i)
    logger->info("line {}", i);
  log_.stop();
  ASSERT_EQ(sink_->lines.size(), 1000U);
  EXPECT_EQ(sink_->lines.front(), "line 0");
  EXPECT_EQ(sink_->lines.back(), "line 999");
  EXPECT_EQ(sink_->names.back(), kLoggerName);
  EXPECT_EQ(sink_->flushes, 1);
  EXPECT_EQ(log_.lost_lines(), 0U);
}

TEST_F(QueryLogThreadConcurrent, AStalledSinkCostsTheOldestLinesAndNobodysTime) {
  const auto logger = log_.logger();
  sink_->stalled.lock();
  logger->info("in the sink");
  sink_->entered.acquire();
  constexpr int kTooMany = 100;
  for (int i = 0; i < kWaitingLines + kTooMany; ++i)
    logger->info("{}", i);
  EXPECT_EQ(log_.lost_lines(), 0U + kTooMany);
  sink_->stalled.unlock();
  log_.stop();
  ASSERT_EQ(sink_->lines.size(), 1U + kWaitingLines);
  EXPECT_EQ(sink_->lines[0], "in the sink");
  EXPECT_EQ(sink_->lines[1], std::to_string(kTooMany));
  EXPECT_EQ(sink_->lines.back(), std::to_string(kWaitingLines + kTooMany - 1));
  EXPECT_EQ(log_.lost_lines(), 0U + kTooMany) << "what was lost is still known";
}

TEST_F(QueryLogThreadConcurrent, WorkersThatHoldItLongerThanTheConfigurationLoseNothing) {
  auto logger = log_.logger();
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([mine = logger] {
      for (int i = 0; i < 1000; ++i)
        mine->info("line");
    });
  }
  logger.reset();  // turned off meanwhile
  EXPECT_EQ(log_.lost_lines(), 0U);
  for (std::thread& worker : workers)
    worker.join();
  log_.stop();
  EXPECT_EQ(sink_->lines.size(), 4000U);
}

TEST_F(QueryLogThreadConcurrent, ReloadsTurnItOffAndOnWhileTheSinkIsStalled) {
  const std::vector<std::uint8_t> root{0, 0, 1, 0, 1};
  forward::QueryLog worker(1);
  sink_->stalled.lock();
  for (int reload = 0; reload < 10; ++reload) {
    worker.apply({.on = true}, log_.logger());
    ASSERT_TRUE(worker.wanted(steady_now()));
    worker.write({.client = {}, .question = root, .from = "cache"});
    worker.apply({.on = false}, nullptr);
    EXPECT_FALSE(worker.wanted(steady_now()));
  }
  sink_->stalled.unlock();
  log_.stop();
  EXPECT_EQ(sink_->lines.size(), 10U);
  EXPECT_EQ(sinks_made_, 1);
}

TEST_F(QueryLogThreadConcurrent, TheLevelOfTheLogIsNoneOfItsBusiness) {
  const auto logger = log_.logger();
  set_log_level(config::LogLevel::Error);
  logger->info("line");
  set_log_level(config::LogLevel::Info);
  log_.stop();
  EXPECT_EQ(sink_->lines.size(), 1U);
}

TEST_F(QueryLogThreadConcurrent, MayNotBindLowPorts) {
  log_.logger()->info("line");
  log_.stop();
  EXPECT_FALSE(sink_->may_bind_low_ports);
}

TEST_F(QueryLogThreadConcurrent, CanStartAgain) {
  log_.logger()->info("first");
  log_.stop();
  log_.logger()->info("second");
  log_.stop();
  EXPECT_EQ(sink_->lines, (std::vector<std::string>{"first", "second"}));
}

}  // namespace
}  // namespace pacedns::app
