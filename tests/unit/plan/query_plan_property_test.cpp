#include <cstdint>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "support/random_flight.hpp"

// Random flights, each step of which is held to the rules P1 to P10.

namespace pacedns::plan {
namespace {

constexpr std::uint64_t kFlights = 20000;

TEST(QueryPlanProperty, RandomFlightsKeepAllRules) {
  for (std::uint64_t seed = 1; seed <= kFlights; ++seed) {
    std::mt19937_64 random(seed);
    test::RandomFlight flight([&](unsigned bound) { return static_cast<unsigned>(random() % bound); });
    const std::string complaint = flight.run();
    ASSERT_EQ(complaint, "") << "seed " << seed << "\n" << flight.story();
  }
}

}  // namespace
}  // namespace pacedns::plan
