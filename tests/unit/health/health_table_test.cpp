#include "pacedns/health/health_table.hpp"

#include <chrono>
#include <memory>

#include <gtest/gtest.h>

namespace pacedns::health {
namespace {

using namespace std::chrono_literals;

TEST(HealthTable, TheSameIdentityHasTheSameHealth) {
  HealthTable table;
  const auto first = table.of("udp://192.0.2.1:53");
  first->on_success(20ms);
  EXPECT_EQ(table.of("udp://192.0.2.1:53"), first);
}

TEST(HealthTable, DifferentIdentitiesHaveNothingInCommon) {
  HealthTable table;
  const auto udp = table.of("udp://192.0.2.1:53");
  const auto tcp = table.of("tcp://192.0.2.1:53");
  EXPECT_NE(udp, tcp);
  udp->on_success(20ms);
  EXPECT_EQ(tcp->smoothed_rtt(), std::nullopt);
}

// A reload asks for the new configuration's upstreams before it lets go of the old one's.
TEST(HealthTable, HealthOutlivesAReload) {
  HealthTable table;
  auto before = table.of("a");
  before->on_success(20ms);
  auto after = table.of("a");
  before.reset();
  EXPECT_EQ(after->smoothed_rtt(), 20ms);
  EXPECT_EQ(table.of("a")->smoothed_rtt(), 20ms);
}

TEST(HealthTable, ForgetsAnUpstreamThatNobodyUses) {
  HealthTable table;
  table.of("a")->on_success(20ms);
  EXPECT_EQ(table.of("a")->smoothed_rtt(), std::nullopt);
}

TEST(HealthTable, HealthOutlivesTheTable) {
  std::shared_ptr<UpstreamHealth> health;
  {
    HealthTable table;
    health = table.of("a");
  }
  health->on_success(20ms);
  EXPECT_EQ(health->smoothed_rtt(), 20ms);
}

}  // namespace
}  // namespace pacedns::health
