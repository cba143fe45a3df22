#include <memory>
#include <mutex>
#include <shared_mutex>

#include <gtest/gtest.h>

#include "pacedns/net/datagram_batch.hpp"

#include "hot_path/counted_calls.hpp"
#include "hot_path/hot_worker.hpp"

// What a hit costs from the wake-up of the event loop until its reply has been given to the kernel.

namespace pacedns::test {
namespace {

constexpr std::size_t kBatch = net::DatagramBatch::kSlots;

class HitCost : public testing::Test {
 protected:
  HitCost() {
    static_cast<void>(cost_of(kBatch));  // what is only done once
  }

  /// What the worker calls to answer `hits` queries that wait in its socket.
  Calls cost_of(std::size_t hits) {
    worker_.ask(hits);
    const Calls before = calls_so_far();
    worker_.serve();
    const Calls cost = calls_so_far() - before;
    worker_.collect(hits);
    return cost;
  }

  HotWorker worker_{100};
};

TEST_F(HitCost, NothingIsAllocated) {
  for (const std::size_t hits : {std::size_t{1}, kBatch, 4 * kBatch})
    EXPECT_EQ(cost_of(hits).allocations, 0U) << hits;
}

// When a batch arrives, and when its replies are written: what lies between is the latency of its hits.
TEST_F(HitCost, TheClockIsReadTwiceABatch) {
  EXPECT_EQ(cost_of(1).clock_readings, 2U);
  EXPECT_EQ(cost_of(kBatch).clock_readings, 2U);
  EXPECT_LE(cost_of(4 * kBatch).clock_readings, 8U);
}

// The event loop has a mutex of its own, which it takes as often for many hits as for one.
TEST_F(HitCost, NoLockIsTakenThatKeepsOthersOut) {
  const Calls one = cost_of(1);
  const Calls many = cost_of(kBatch);
  EXPECT_EQ(many.exclusive_locks, 0U);
  EXPECT_EQ(many.mutexes, one.mutexes);
}

TEST(CountedCalls, AreReal) {
  std::mutex mutex;
  std::shared_mutex shared;
  const Calls before = calls_so_far();
  const auto owned = std::make_unique<std::array<int, 4>>();
  EXPECT_NE(owned, nullptr);
  EXPECT_NE(steady_now(), kNever);
  const std::scoped_lock locks(mutex);
  const std::unique_lock lock(shared);
  const Calls made = calls_so_far() - before;
  EXPECT_GE(made.allocations, 1U);
  EXPECT_EQ(made.clock_readings, 1U);
  EXPECT_GE(made.mutexes, 1U);
  EXPECT_EQ(made.exclusive_locks, 1U);
}

}  // namespace
}  // namespace pacedns::test
