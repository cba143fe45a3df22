#include "pacedns/forward/deadline_timer.hpp"

#include <memory>

#include <gtest/gtest.h>

namespace pacedns::forward {
namespace {

using namespace std::chrono_literals;

// Deadlines of these tests have passed already, or lie where no test comes to.
constexpr TimePoint kPast{1s};
constexpr TimePoint kEarlier{500ms};
const TimePoint kFarAway = steady_now() + 1h;

class DeadlineTimerTest : public testing::Test {
 protected:
  boost::asio::io_context io_{1};
  int calls_ = 0;
};

TEST_F(DeadlineTimerTest, CallsOnceWhenTheDeadlineHasCome) {
  DeadlineTimer timer(io_, [this] { ++calls_; });
  timer.arm(kPast);
  EXPECT_EQ(calls_, 0) << "never from within arm";
  io_.run();
  EXPECT_EQ(calls_, 1);
}

TEST_F(DeadlineTimerTest, NeverMeansNever) {
  DeadlineTimer timer(io_, [this] { ++calls_; });
  timer.arm(kNever);
  EXPECT_EQ(io_.run(), 0U);
  EXPECT_EQ(calls_, 0);
}

TEST_F(DeadlineTimerTest, AnEarlierDeadlineTakesThePlaceOfALaterOne) {
  DeadlineTimer timer(io_, [this] { ++calls_; });
  timer.arm(kFarAway);
  timer.arm(kPast);
  io_.run();
  EXPECT_EQ(calls_, 1);
}

TEST_F(DeadlineTimerTest, ALaterDeadlineDoesNotPutItOff) {
  DeadlineTimer timer(io_, [this] { ++calls_; });
  timer.arm(kPast);
  timer.arm(kFarAway);
  io_.run();
  EXPECT_EQ(calls_, 1);
}

// The handler of the first may be queued already when the second is armed.
TEST_F(DeadlineTimerTest, NoDeadlineIsLostWhenAHandlerIsAlreadyQueued) {
  DeadlineTimer timer(io_, [this] { ++calls_; });
  timer.arm(kPast);
  timer.arm(kEarlier);
  io_.run();
  EXPECT_GE(calls_, 1);
}

TEST_F(DeadlineTimerTest, CanBeArmedAgainFromWithinTheCall) {
  std::unique_ptr<DeadlineTimer> timer;
  timer = std::make_unique<DeadlineTimer>(io_, [&] {
    if (++calls_ < 3) timer->arm(kPast);
  });
  timer->arm(kPast);
  io_.run();
  EXPECT_EQ(calls_, 3);
}

TEST_F(DeadlineTimerTest, SaysNothingOnceItIsGone) {
  auto timer = std::make_unique<DeadlineTimer>(io_, [this] { ++calls_; });
  timer->arm(kPast);
  timer.reset();
  io_.run();
  EXPECT_EQ(calls_, 0);
}

}  // namespace
}  // namespace pacedns::forward
