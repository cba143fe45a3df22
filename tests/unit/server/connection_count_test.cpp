#include "pacedns/server/connection_count.hpp"

#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace pacedns::server {
namespace {

using Full = ConnectionCount::Full;
using Place = ConnectionCount::Place;

class ConnectionCountTest : public testing::Test {
 protected:
  /// Takes a place and holds it; otherwise which limit does not leave one.
  std::optional<Full> admit(const char* client) {
    auto place = count_.admit(ClientIdentity(boost::asio::ip::make_address(client)), limits_);
    if (place.has_error()) return place.error();
    places_.push_back(std::move(*place));
    return std::nullopt;
  }

  void admit_all(const std::vector<const char*>& clients) {
    for (const char* client : clients)
      EXPECT_EQ(admit(client), std::nullopt) << client;
  }

  ConnectionCount count_;
  TcpOptions limits_{.connections = 4, .connections_per_client = 2};
  std::vector<Place> places_;
};

TEST_F(ConnectionCountTest, IsEmptyAtFirst) {
  EXPECT_EQ(count_.total(), 0U);
  EXPECT_EQ(count_.clients(), 0U);
}

TEST_F(ConnectionCountTest, CountsAllAndByClient) {
  admit_all({"192.0.2.1", "192.0.2.2", "192.0.2.1"});
  EXPECT_EQ(count_.total(), 3U);
  EXPECT_EQ(count_.clients(), 2U);
}

TEST_F(ConnectionCountTest, HoldsTheLimitOfAll) {
  admit_all({"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"});
  EXPECT_EQ(admit("192.0.2.5"), Full::OfAll);
  EXPECT_EQ(admit("192.0.2.1"), Full::OfAll);
  EXPECT_EQ(count_.total(), 4U);
  EXPECT_EQ(count_.clients(), 4U) << "who is refused is not remembered";
}

TEST_F(ConnectionCountTest, HoldsTheLimitOfEachClient) {
  admit_all({"192.0.2.1", "192.0.2.1"});
  EXPECT_EQ(admit("192.0.2.1"), Full::OfClient);
  EXPECT_EQ(admit("::ffff:192.0.2.1"), Full::OfClient);
  EXPECT_EQ(count_.total(), 2U);
  admit_all({"192.0.2.2"});
}

TEST_F(ConnectionCountTest, ASlash64IsOneClient) {
  admit_all({"2001:db8::1", "2001:db8::2"});
  EXPECT_EQ(admit("2001:db8::3"), Full::OfClient);
  admit_all({"2001:db8:0:1::1"});
}

TEST_F(ConnectionCountTest, APlaceThatGoesIsGivenBackOnce) {
  admit_all({"192.0.2.1", "192.0.2.1", "192.0.2.2"});
  {
    const Place moved(std::move(places_.front()));
    EXPECT_EQ(count_.total(), 3U);
  }
  EXPECT_EQ(count_.total(), 2U);
  EXPECT_EQ(count_.clients(), 2U);
  admit_all({"192.0.2.1"});
  EXPECT_EQ(admit("192.0.2.1"), Full::OfClient);
  places_.clear();  // with the one that was moved from
  EXPECT_EQ(count_.total(), 0U);
}

TEST_F(ConnectionCountTest, ForgetsAClientThatHasNoConnection) {
  admit_all({"192.0.2.1", "192.0.2.1", "192.0.2.2"});
  places_.pop_back();
  EXPECT_EQ(count_.clients(), 1U);
  places_.clear();
  EXPECT_EQ(count_.clients(), 0U);
  EXPECT_EQ(count_.total(), 0U);
}

TEST_F(ConnectionCountTest, TheLimitsMayChange) {
  admit_all({"192.0.2.1", "192.0.2.1"});
  limits_.connections_per_client = 3;
  admit_all({"192.0.2.1"});
  limits_.connections_per_client = 1;
  EXPECT_EQ(admit("192.0.2.1"), Full::OfClient);
  EXPECT_EQ(count_.total(), 3U) << "who is there stays";
  limits_.connections = 3;
  EXPECT_EQ(admit("192.0.2.2"), Full::OfAll);
}

}  // namespace
}  // namespace pacedns::server
