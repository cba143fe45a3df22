#include "pacedns/forward/inflight_queries.hpp"

#include <string>

#include <gtest/gtest.h>

#include "unit/forward/forwarding.hpp"

namespace pacedns::forward {
namespace {

class InflightQueriesTest : public testing::Test {
 protected:
  std::unique_ptr<Flight> flight(std::string_view qname) {
    return std::make_unique<Flight>(test::key_for(qname), ++generation_, settings_, upstreams_,
                                    upstreams_->choose(test::kStart), test::kStart);
  }

  test::FakeNetwork network_;
  std::shared_ptr<Settings> settings_ = test::settings_with(1);
  std::shared_ptr<UpstreamSet> upstreams_ = std::make_shared<UpstreamSet>(network_, *settings_, nullptr);
  std::uint64_t generation_ = 0;
  InflightQueries flights_;
};

TEST_F(InflightQueriesTest, FindsAFlightByKeyAndByHandle) {
  auto one = flight("one.example.");
  const Flight* const expected = one.get();
  const auto handle = flights_.add(std::move(one));
  EXPECT_EQ(flights_.find(handle), expected);
  EXPECT_EQ(flights_.find(test::key_for("ONE.example.")), expected);
  EXPECT_EQ(flights_.find(test::key_for("two.example.")), nullptr);
  EXPECT_EQ(flights_.find(test::key_for("one.example.", dns::RrType::Aaaa)), nullptr);
  EXPECT_EQ(flights_.size(), 1U);
}

TEST_F(InflightQueriesTest, AHandleFindsNothingOnceItsFlightIsGone) {
  const auto handle = flights_.add(flight("one.example."));
  flights_.remove(handle);
  EXPECT_EQ(flights_.find(handle), nullptr);
  EXPECT_EQ(flights_.find(test::key_for("one.example.")), nullptr);
  EXPECT_EQ(flights_.size(), 0U);

  const auto reused = flights_.add(flight("two.example."));
  EXPECT_EQ(InflightQueries::slot_of(reused), InflightQueries::slot_of(handle));
  EXPECT_NE(reused, handle);
  EXPECT_EQ(flights_.find(handle), nullptr);
  EXPECT_EQ(flights_.handle_of(InflightQueries::slot_of(reused)), reused);
}

TEST_F(InflightQueriesTest, RemovingTwiceRemovesNothingElse) {
  const auto handle = flights_.add(flight("one.example."));
  flights_.remove(handle);
  const auto other = flights_.add(flight("two.example."));
  flights_.remove(handle);
  EXPECT_NE(flights_.find(other), nullptr);
  EXPECT_EQ(flights_.size(), 1U);
}

TEST_F(InflightQueriesTest, ANewerFlightTakesTheWaitersForItsKey) {
  const auto older = flights_.add(flight("one.example."));
  const auto newer = flights_.add(flight("one.example."));
  EXPECT_EQ(flights_.size(), 2U);
  EXPECT_EQ(flights_.find(test::key_for("one.example.")), flights_.find(newer));
  EXPECT_NE(flights_.find(older), nullptr);

  flights_.remove(older);
  EXPECT_EQ(flights_.find(test::key_for("one.example.")), flights_.find(newer));
  flights_.remove(newer);
  EXPECT_EQ(flights_.find(test::key_for("one.example.")), nullptr);
}

TEST_F(InflightQueriesTest, AnOlderFlightDoesNotComeBackForItsKey) {
  const auto older = flights_.add(flight("one.example."));
  flights_.remove(flights_.add(flight("one.example.")));
  EXPECT_EQ(flights_.find(test::key_for("one.example.")), nullptr);
  EXPECT_NE(flights_.find(older), nullptr);
}

TEST_F(InflightQueriesTest, AnUnknownHandleFindsNothing) {
  EXPECT_EQ(flights_.find(InflightQueries::Handle{12345}), nullptr);
  flights_.remove(InflightQueries::Handle{12345});
  EXPECT_EQ(flights_.size(), 0U);
}

TEST_F(InflightQueriesTest, ManyFlightsComeAndGo) {
  std::vector<InflightQueries::Handle> handles;
  for (int i = 0; i < 500; ++i)
    handles.push_back(flights_.add(flight("n" + std::to_string(i) + ".example.")));
  for (std::size_t i = 0; i < handles.size(); i += 2)
    flights_.remove(handles[i]);
  EXPECT_EQ(flights_.size(), 250U);
  for (std::size_t i = 0; i < handles.size(); ++i) {
    const auto key = test::key_for("n" + std::to_string(i) + ".example.");
    EXPECT_EQ(flights_.find(key) != nullptr, i % 2 == 1);
    EXPECT_EQ(flights_.find(handles[i]) != nullptr, i % 2 == 1);
  }
}

}  // namespace
}  // namespace pacedns::forward
