#include "pacedns/plan/deadline_queue.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>

#include <gtest/gtest.h>

namespace pacedns::plan {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint at(Duration time) {
  return TimePoint{1h} + time;
}

TEST(DeadlineQueue, EmptyIsNeverDue) {
  const DeadlineQueue queue;
  EXPECT_EQ(queue.next(), kNever);
  EXPECT_EQ(queue.due(at(24h)), std::nullopt);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(DeadlineQueue, TellsTheEarliest) {
  DeadlineQueue queue;
  queue.set(0, at(30ms));
  queue.set(1, at(10ms));
  queue.set(2, at(20ms));
  EXPECT_EQ(queue.next(), at(10ms));
  EXPECT_EQ(queue.due(at(9ms)), std::nullopt);
  EXPECT_EQ(queue.due(at(10ms)), 1U);
  EXPECT_EQ(queue.size(), 3U);  // due() takes nothing away
}

TEST(DeadlineQueue, MovesADeadlineBothWays) {
  DeadlineQueue queue;
  queue.set(0, at(30ms));
  queue.set(1, at(10ms));
  queue.set(1, at(40ms));
  EXPECT_EQ(queue.due(at(1h)), 0U);
  queue.set(1, at(20ms));
  EXPECT_EQ(queue.due(at(1h)), 1U);
  EXPECT_EQ(queue.size(), 2U);
}

TEST(DeadlineQueue, NeverRemoves) {
  DeadlineQueue queue;
  queue.set(0, at(30ms));
  queue.set(0, kNever);
  queue.set(7, kNever);
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(queue.next(), kNever);
}

TEST(DeadlineQueue, RemovingWhatIsNotThereIsNothing) {
  DeadlineQueue queue;
  queue.remove(5);
  queue.set(0, at(30ms));
  queue.remove(5);
  queue.remove(0);
  queue.remove(0);
  EXPECT_EQ(queue.size(), 0U);
}

TEST(DeadlineQueue, AnIdMayComeBack) {
  DeadlineQueue queue;
  queue.set(3, at(30ms));
  queue.remove(3);
  queue.set(3, at(50ms));
  EXPECT_EQ(queue.next(), at(50ms));
}

TEST(DeadlineQueue, AgreesWithAMapOverManyRandomSteps) {
  constexpr std::uint64_t kSeed = 7;
  std::mt19937_64 random(kSeed);
  DeadlineQueue queue;
  std::map<DeadlineQueue::Id, TimePoint> model;
  for (int step = 0; step < 50000; ++step) {
    const auto id = static_cast<DeadlineQueue::Id>(random() % 60);
    if (random() % 3 == 0) {
      queue.remove(id);
      model.erase(id);
    } else {
      const TimePoint deadline = at(std::chrono::milliseconds(random() % 100));
      queue.set(id, deadline);
      model[id] = deadline;
    }
    TimePoint earliest = kNever;
    for (const auto& [unused, deadline] : model)
      earliest = std::min(earliest, deadline);
    ASSERT_EQ(queue.next(), earliest) << "seed " << kSeed << " step " << step;
    ASSERT_EQ(queue.size(), model.size());
    if (model.empty()) continue;
    const auto due = queue.due(earliest);
    ASSERT_TRUE(due.has_value());
    ASSERT_EQ(model.at(*due), earliest);
    ASSERT_EQ(queue.due(earliest - 1ns), std::nullopt);
  }
}

TEST(DeadlineQueue, DrainsInOrder) {
  std::mt19937_64 random(11);
  DeadlineQueue queue;
  for (DeadlineQueue::Id id = 0; id < 1000; ++id)
    queue.set(id, at(std::chrono::milliseconds(random() % 500)));
  TimePoint last = TimePoint::min();
  while (const auto id = queue.due(kNever)) {
    EXPECT_GE(queue.next(), last);
    last = queue.next();
    queue.remove(*id);
  }
  EXPECT_EQ(queue.size(), 0U);
}

}  // namespace
}  // namespace pacedns::plan
