#include "pacedns/app/heartbeat.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

namespace pacedns::app {
namespace {

/// Stands in for the service manager, whose watchdog has a limit of 4 ms.
class HeartbeatTest : public testing::Test {
 protected:
  HeartbeatTest() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path_.c_str(), sizeof(address.sun_path) - 1);
    ::unlink(path_.c_str());
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) std::abort();
    ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
    ::setenv("WATCHDOG_USEC", "4000", 1);
    ::unsetenv("WATCHDOG_PID");
  }
  ~HeartbeatTest() override {
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("WATCHDOG_USEC");
    ::close(socket_);
    ::unlink(path_.c_str());
  }

  void start() {
    heartbeat_.emplace(
        io_, [this] { return alive_; }, [this] { return status_; });
    heartbeat_->start();
  }

  /// What the service manager has heard since it was last asked.
  std::vector<std::string> heard() {
    std::vector<std::string> messages;
    char buffer[256];
    for (ssize_t size = 0; (size = ::recv(socket_, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0;)
      messages.emplace_back(buffer, static_cast<std::size_t>(size));
    return messages;
  }

  std::string path_ = testing::TempDir() + "pacedns_heartbeat_" + std::to_string(::getpid());
  int socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  boost::asio::io_context io_;
  bool alive_ = true;
  std::string status_ = "fine";
  std::optional<Heartbeat> heartbeat_;
};

TEST_F(HeartbeatTest, FeedsTheWatchdogAndShowsTheStatus) {
  start();
  EXPECT_EQ(heard(), (std::vector<std::string>{"WATCHDOG=1", "STATUS=fine"}));
}

TEST_F(HeartbeatTest, GoesOnAndTellsAStatusOnce) {
  start();
  heard();
  io_.run_one();
  EXPECT_EQ(heard(), std::vector<std::string>{"WATCHDOG=1"});
  status_ = "better";
  io_.run_one();
  EXPECT_EQ(heard(), (std::vector<std::string>{"WATCHDOG=1", "STATUS=better"}));
}

TEST_F(HeartbeatTest, DoesNotFeedTheWatchdogUnlessAllIsAlive) {
  alive_ = false;
  start();
  EXPECT_EQ(heard(), std::vector<std::string>{"STATUS=fine"});
  alive_ = true;
  io_.run_one();
  EXPECT_EQ(heard(), std::vector<std::string>{"WATCHDOG=1"});
}

TEST_F(HeartbeatTest, WithoutAServiceManagerItDoesNothing) {
  ::unsetenv("NOTIFY_SOCKET");
  start();
  EXPECT_EQ(io_.run(), 0U);
}

}  // namespace
}  // namespace pacedns::app
