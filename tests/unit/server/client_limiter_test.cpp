#include "pacedns/server/client_limiter.hpp"

#include <string>

#include <gtest/gtest.h>

namespace pacedns::server {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::make_address;

constexpr TimePoint kStart{1h};

class ClientLimiterTest : public testing::Test {
 protected:
  /// How many of so many queries at once are admitted.
  int admitted(const std::string& client, int queries, TimePoint now = kStart, bool over_tcp = false) {
    int count = 0;
    for (int i = 0; i < queries; ++i)
      count += limiter_.admit(make_address(client), over_tcp, now) ? 1 : 0;
    return count;
  }

  Random random_;
  ClientLimiter limiter_{10, random_};
};

TEST_F(ClientLimiterTest, AClientMaySaveUpASecond) {
  EXPECT_EQ(admitted("192.0.2.1", 100), 10);
  EXPECT_EQ(admitted("192.0.2.1", 100, kStart + 99ms), 0);
  EXPECT_EQ(admitted("192.0.2.1", 100, kStart + 100ms), 1);
  EXPECT_EQ(admitted("192.0.2.1", 100, kStart + 600ms), 5);
  EXPECT_EQ(admitted("192.0.2.1", 100, kStart + 1h), 10) << "and no more than that";
}

TEST_F(ClientLimiterTest, AtTheRateNothingIsTurnedAway) {
  for (int i = 0; i < 1000; ++i)
    EXPECT_EQ(admitted("192.0.2.1", 1, kStart + i * 100ms), 1) << i;
}

TEST_F(ClientLimiterTest, OneClientsFloodIsNotAnothersLoss) {
  admitted("192.0.2.1", 1000);
  EXPECT_EQ(admitted("192.0.2.2", 10), 10);
  EXPECT_EQ(admitted("192.0.2.1", 10, kStart, true), 10) << "nor its own over TCP";
}

TEST_F(ClientLimiterTest, ASlash64IsOneClient) {
  EXPECT_EQ(admitted("2001:db8:0:1::1", 8), 8);
  EXPECT_EQ(admitted("2001:db8:0:1:ffff::2", 8), 2);
  EXPECT_EQ(admitted("2001:db8:0:2::1", 8), 8);
  EXPECT_EQ(admitted("::ffff:192.0.2.1", 20), 10);
  EXPECT_EQ(admitted("::ffff:192.0.2.2", 20), 10) << "mapped IPv4 addresses are many";
}

TEST_F(ClientLimiterTest, ManyOthersRarelyTakeOnesPlace) {
  for (int i = 0; i < 2000; ++i)
    admitted("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250), 20);
  int turned_away = 0;
  for (int i = 0; i < 250; ++i)
    turned_away += admitted("192.0.2." + std::to_string(i), 1) == 0 ? 1 : 0;
  // Each of two places is taken with a probability of 2000/32768: both, in one of 270 cases.
  EXPECT_LE(turned_away, 10);
}

}  // namespace
}  // namespace pacedns::server
