#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "pacedns/health/upstream_health.hpp"

// One upstream's health, used by several workers at once.

namespace pacedns::health {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{1h};
constexpr unsigned kThreads = 4;
constexpr int kRounds = 2000;

template <typename Work>
void in_threads(Work work) {
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < kThreads; ++i)
    threads.emplace_back(work, i);
}

TEST(UpstreamHealthConcurrent, NoMeasurementIsTorn) {
  UpstreamHealth health;
  in_threads([&](unsigned thread) {
    for (int i = 0; i < kRounds; ++i) {
      health.on_success(std::chrono::milliseconds(100 + 10 * thread));
      const auto rtt = health.smoothed_rtt();
      ASSERT_TRUE(rtt.has_value());
      ASSERT_GE(*rtt, 99ms);
      ASSERT_LE(*rtt, 130ms);
      ASSERT_LE(health.retransmission_time(), 130ms + 4 * 65ms);
    }
  });
}

TEST(UpstreamHealthConcurrent, OneOfAllGetsTheProbe) {
  UpstreamHealth health;
  for (std::uint32_t i = 0; i < kDownAfter; ++i)
    health.on_failure(kNow, 0);
  std::atomic<int> probing{0};
  std::atomic<int> probes{0};
  in_threads([&](unsigned) {
    for (int i = 0; i < kRounds; ++i) {
      if (!health.try_begin_probe(kNow + 2s)) continue;
      ASSERT_EQ(probing.fetch_add(1), 0);
      probes.fetch_add(1);
      probing.fetch_sub(1);
      health.end_probe();
    }
  });
  EXPECT_GT(probes.load(), 0);
  EXPECT_TRUE(health.try_begin_probe(kNow + 2s));
}

TEST(UpstreamHealthConcurrent, AChangeIsToldOnce) {
  for (int round = 0; round < 50; ++round) {
    UpstreamHealth health;
    std::atomic<int> suspected{0};
    std::atomic<int> went_down{0};
    in_threads([&](unsigned) {
      for (std::uint32_t i = 0; i < 2 * kDownAfter; ++i) {
        const auto change = health.on_failure(kNow, 0);
        if (change && change->to == State::Suspect) suspected.fetch_add(1);
        if (change && change->to == State::Down) went_down.fetch_add(1);
      }
    });
    ASSERT_EQ(health.state(), State::Down);
    ASSERT_EQ(went_down.load(), 1);
    ASSERT_LE(suspected.load(), 1);
  }
}

TEST(UpstreamHealthConcurrent, SilenceDoesNotBringADownUpstreamBack) {
  for (int round = 0; round < 200; ++round) {
    UpstreamHealth health;
    in_threads([&](unsigned thread) {
      for (std::uint32_t i = 0; i < kDownAfter; ++i) {
        if (thread == 0) {
          health.on_failure(kNow, 0);
        } else {
          health.on_silence();
        }
      }
    });
    ASSERT_EQ(health.state(), State::Down);
  }
}

TEST(UpstreamHealthConcurrent, AReplyEndsWhateverCameBefore) {
  UpstreamHealth health;
  in_threads([&](unsigned thread) {
    std::mt19937 random(thread);
    for (int i = 0; i < kRounds; ++i) {
      switch (random() % 5) {
        case 0:
          health.on_success(20ms);
          break;
        case 1:
          health.on_soft_failure();
          break;
        case 2:
          health.on_silence();
          break;
        case 3:
          if (health.try_begin_probe(kNow + 1h)) health.end_probe();
          break;
        default:
          health.on_failure(kNow, 0);
          break;
      }
    }
  });
  health.on_success(20ms);
  EXPECT_EQ(health.state(), State::Up);
  EXPECT_EQ(health.on_silence(), std::nullopt);
}

}  // namespace
}  // namespace pacedns::health
