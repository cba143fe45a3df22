#include "pacedns/forward/inflight_queries.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "unit/forward/forwarding.hpp"

namespace pacedns::forward {
namespace {

using test::MessageBuilder;

class InflightQueriesTest : public testing::Test {
 protected:
  InflightQueries::Handle start(std::string_view qname) {
    return flights_.emplace(test::key_for(qname), ++generation_, settings_, upstreams_,
                            upstreams_->choose(test::kStart), test::kStart);
  }

  test::FakeNetwork network_;
  std::shared_ptr<Settings> settings_ = test::settings_with(1);
  std::shared_ptr<UpstreamSet> upstreams_ = std::make_shared<UpstreamSet>(network_, *settings_, 0, nullptr);
  std::uint64_t generation_ = 0;
  InflightQueries flights_;
};

TEST_F(InflightQueriesTest, FindsAFlightByKeyAndByHandle) {
  const auto handle = start("one.example.");
  const Flight* const flight = flights_.find(handle);
  ASSERT_NE(flight, nullptr);
  EXPECT_EQ(flight->key, test::key_for("one.example."));
  EXPECT_EQ(flights_.find(test::key_for("ONE.example.")), flight);
  EXPECT_EQ(flights_.find(test::key_for("two.example.")), nullptr);
  EXPECT_EQ(flights_.find(test::key_for("one.example.", dns::RrType::Aaaa)), nullptr);
  EXPECT_EQ(flights_.size(), 1U);
}

TEST_F(InflightQueriesTest, AHandleFindsNothingOnceItsFlightIsGone) {
  const auto handle = start("one.example.");
  flights_.remove(handle);
  EXPECT_EQ(flights_.find(handle), nullptr);
  EXPECT_EQ(flights_.find(test::key_for("one.example.")), nullptr);
  EXPECT_EQ(flights_.size(), 0U);

  const auto reused = start("two.example.");
  EXPECT_EQ(InflightQueries::slot_of(reused), InflightQueries::slot_of(handle));
  EXPECT_NE(reused, handle);
  EXPECT_EQ(flights_.find(handle), nullptr);
  EXPECT_EQ(flights_.handle_of(InflightQueries::slot_of(reused)), reused);
}

TEST_F(InflightQueriesTest, RemovingTwiceRemovesNothingElse) {
  const auto handle = start("one.example.");
  flights_.remove(handle);
  const auto other = start("two.example.");
  flights_.remove(handle);
  EXPECT_NE(flights_.find(other), nullptr);
  EXPECT_EQ(flights_.size(), 1U);
}

TEST_F(InflightQueriesTest, ANewerFlightTakesTheWaitersForItsKey) {
  const auto older = start("one.example.");
  const auto newer = start("one.example.");
  EXPECT_EQ(flights_.size(), 2U);
  EXPECT_EQ(flights_.find(test::key_for("one.example.")), flights_.find(newer));
  EXPECT_NE(flights_.find(older), nullptr);

  flights_.remove(older);
  EXPECT_EQ(flights_.find(test::key_for("one.example.")), flights_.find(newer));
  flights_.remove(newer);
  EXPECT_EQ(flights_.find(test::key_for("one.example.")), nullptr);
}

TEST_F(InflightQueriesTest, AnOlderFlightDoesNotComeBackForItsKey) {
  const auto older = start("one.example.");
  flights_.remove(start("one.example."));
  EXPECT_EQ(flights_.find(test::key_for("one.example.")), nullptr);
  EXPECT_NE(flights_.find(older), nullptr);
}

TEST_F(InflightQueriesTest, AnUnknownHandleFindsNothing) {
  EXPECT_EQ(flights_.find(InflightQueries::Handle{12345}), nullptr);
  flights_.remove(InflightQueries::Handle{12345});
  EXPECT_EQ(flights_.size(), 0U);
}

TEST_F(InflightQueriesTest, AFlightInUsedMemoryBeginsAnew) {
  const auto handle = start("one.example.");
  flights_.find(handle)->waiters.push_back(test::Asked(MessageBuilder("one.example.")).waiter());
  flights_.find(handle)->attempts.resize(9);
  flights_.find(handle)->second_tier_at = test::kStart;
  flights_.remove(handle);
  const Flight& reused = *flights_.find(start("two.example."));
  EXPECT_TRUE(reused.waiters.empty());
  EXPECT_EQ(reused.attempts.size(), 1U);
  EXPECT_FALSE(reused.attempts[0].pending());
  EXPECT_EQ(reused.second_tier_at, kNever);
  EXPECT_EQ(reused.generation, generation_);
}

// Transports refer to the question inside, and `PlanDriver` keeps a flight while it starts another.
TEST_F(InflightQueriesTest, AFlightStaysWhereItIsWhileOthersComeAndGo) {
  const auto handle = start("one.example.");
  const Flight* const flight = flights_.find(handle);
  std::vector<InflightQueries::Handle> others;
  for (int i = 0; i < 500; ++i)
    others.push_back(start("n" + std::to_string(i) + ".example."));
  for (const auto other : others)
    flights_.remove(other);
  EXPECT_EQ(flights_.find(handle), flight);
  EXPECT_EQ(flight->key, test::key_for("one.example."));
}

TEST_F(InflightQueriesTest, ManyFlightsComeAndGo) {
  std::vector<InflightQueries::Handle> handles;
  for (int i = 0; i < 500; ++i)
    handles.push_back(start("n" + std::to_string(i) + ".example."));
  for (std::size_t i = 0; i < handles.size(); i += 2)
    flights_.remove(handles[i]);
  EXPECT_EQ(flights_.size(), 250U);
  for (std::size_t i = 0; i < handles.size(); ++i) {
    const auto key = test::key_for("n" + std::to_string(i) + ".example.");
    EXPECT_EQ(flights_.find(key) != nullptr, i % 2 == 1);
    EXPECT_EQ(flights_.find(handles[i]) != nullptr, i % 2 == 1);
  }
}

TEST_F(InflightQueriesTest, ADetachedFlightGoesOnButTakesNoMoreWaiters) {
  const auto one = start("one.example.");
  const auto two = start("two.example.");
  std::size_t asked = 0;
  EXPECT_EQ(flights_.detach_if([&](const Flight& flight) {
    ++asked;
    return flight.key == test::key_for("one.example.");
  }),
            1U);
  EXPECT_EQ(asked, 2U);
  EXPECT_EQ(flights_.size(), 2U);
  EXPECT_NE(flights_.find(one), nullptr);
  EXPECT_EQ(flights_.find(test::key_for("one.example.")), nullptr);
  EXPECT_EQ(flights_.find(test::key_for("two.example.")), flights_.find(two));

  const auto newer = start("one.example.");
  flights_.remove(one);
  EXPECT_EQ(flights_.find(test::key_for("one.example.")), flights_.find(newer));
}

TEST_F(InflightQueriesTest, OnlyAFlightThatTakesWaitersCanBeDetached) {
  const auto older = start("one.example.");
  const auto newer = start("one.example.");
  EXPECT_EQ(flights_.detach_if([](const Flight& flight) { return flight.generation == 1; }), 0U);
  EXPECT_EQ(flights_.find(test::key_for("one.example.")), flights_.find(newer));
  EXPECT_EQ(flights_.detach_if([](const Flight&) { return true; }), 1U);
  EXPECT_EQ(flights_.detach_if([](const Flight&) { return true; }), 0U);
  EXPECT_EQ(flights_.find(test::key_for("one.example.")), nullptr);
  EXPECT_NE(flights_.find(older), nullptr);
  EXPECT_NE(flights_.find(newer), nullptr);
}

TEST_F(InflightQueriesTest, AllOfManyCanBeDetached) {
  std::vector<InflightQueries::Handle> handles;
  for (int i = 0; i < 500; ++i)
    handles.push_back(start("n" + std::to_string(i) + ".example."));
  std::size_t asked = 0;
  EXPECT_EQ(flights_.detach_if([&](const Flight& flight) { return ++asked, flight.generation % 2 == 0; }),
            250U);
  EXPECT_EQ(asked, 500U) << "each once";
  EXPECT_EQ(flights_.detach_if([](const Flight&) { return true; }), 250U);
  for (const auto handle : handles)
    flights_.remove(handle);
  EXPECT_EQ(flights_.size(), 0U);
}

}  // namespace
}  // namespace pacedns::forward
