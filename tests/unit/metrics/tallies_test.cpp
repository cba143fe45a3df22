#include "pacedns/metrics/tallies.hpp"

#include <atomic>
#include <cstdint>
#include <thread>

#include <gtest/gtest.h>

namespace pacedns::metrics {
namespace {

enum class Fruit : std::uint8_t { Apple, Pear, Plum };
using Fruits = Tallies<Fruit, 3>;

TEST(Tallies, BeginAtZeroAndCountEachForItself) {
  Fruits fruits;
  for (const Fruit fruit : {Fruit::Apple, Fruit::Pear, Fruit::Plum})
    EXPECT_EQ(fruits.get(fruit), 0U);
  fruits.add(Fruit::Pear);
  fruits.add(Fruit::Pear, 2);
  fruits.add(Fruit::Plum, 0);
  EXPECT_EQ(fruits.get(Fruit::Apple), 0U);
  EXPECT_EQ(fruits.get(Fruit::Pear), 3U);
  EXPECT_EQ(fruits.get(Fruit::Plum), 0U);
}

TEST(Tallies, AreAddedToWhatIsThere) {
  Fruits one;
  Fruits two;
  one.add(Fruit::Apple, 1);
  one.add(Fruit::Plum, 0xffffffff);
  two.add(Fruit::Plum, 2);
  Fruits::Sum sum{10, 20, 30};
  one.add_to(sum);
  two.add_to(sum);
  EXPECT_EQ(sum, (Fruits::Sum{11, 20, 30 + 0x100000001}));
  EXPECT_EQ(one.get(Fruit::Plum), 0xffffffffU) << "reading changes nothing";
}

// Workers that count side by side must not take a cache line from each other.
TEST(Tallies, HaveTheirCacheLinesForThemselves) {
  EXPECT_EQ(alignof(Fruits), 64U);
  EXPECT_EQ(sizeof(Fruits) % 64, 0U);
}

TEST(Tallies, ASumIsNeverAheadOfWhatWasCounted) {
  Fruits fruits;
  constexpr std::uint64_t kEvents = 100'000;
  std::atomic<std::uint64_t> begun{0};
  std::thread worker([&] {
    for (std::uint64_t i = 1; i <= kEvents; ++i) {
      begun = i;
      fruits.add(Fruit::Apple);
    }
  });
  for (std::uint64_t last = 0; last < kEvents;) {
    Fruits::Sum sum{};
    fruits.add_to(sum);
    EXPECT_LE(last, sum[0]);
    EXPECT_LE(sum[0], begun);
    last = sum[0];
  }
  worker.join();
}

}  // namespace
}  // namespace pacedns::metrics
