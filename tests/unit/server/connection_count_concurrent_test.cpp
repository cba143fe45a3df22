#include <cstddef>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "pacedns/server/connection_count.hpp"

namespace pacedns::server {
namespace {

TEST(ConnectionCountConcurrent, AllPlacesComeBackAndNoLimitIsPassed) {
  constexpr std::size_t kLimit = 3;
  const TcpOptions limits{.connections = 100, .connections_per_client = kLimit};
  const ClientIdentity client(boost::asio::ip::make_address("192.0.2.1"));
  ConnectionCount count;
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 4; ++worker) {
    workers.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        const auto one = count.admit(client, limits);
        const auto other = count.admit(client, limits);
        EXPECT_LE(count.total(), kLimit);
      }
    });
  }
  for (std::thread& worker : workers)
    worker.join();
  EXPECT_EQ(count.total(), 0U);
  EXPECT_EQ(count.clients(), 0U);
}

}  // namespace
}  // namespace pacedns::server
