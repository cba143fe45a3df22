#include "pacedns/app/systemd_notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdlib>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/datagram_protocol.hpp>
#include <gmock/gmock.h>
#include <unistd.h>

namespace pacedns::app {
namespace {

using boost::asio::local::datagram_protocol;
using testing::MatchesRegex;

/// The service manager's end of NOTIFY_SOCKET.
class SystemdNotify : public testing::Test {
 protected:
  SystemdNotify() {
    ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
    manager_.non_blocking(true);
  }
  ~SystemdNotify() override {
    ::unsetenv("NOTIFY_SOCKET");
    ::unlink(path_.c_str());
  }

  /// The datagram that is there; local sockets deliver at once.
  std::string received() {
    std::array<char, 512> text{};
    boost::system::error_code error;
    const std::size_t size = manager_.receive(boost::asio::buffer(text), 0, error);
    return error ? std::string() : std::string(text.data(), size);
  }

 private:
  std::string path_ = testing::TempDir() + "pacedns_notify_" + std::to_string(::getpid());
  boost::asio::io_context io_;
  datagram_protocol::socket manager_{io_, datagram_protocol::endpoint(path_)};
};

TEST_F(SystemdNotify, SaysWhenItIsReady) {
  notify_ready();
  EXPECT_EQ(received(), "READY=1");
}

// Type=notify-reload wants to know since when (sd_notify(3)).
TEST_F(SystemdNotify, SaysThatItReloadsAndWhen) {
  notify_reloading();
  EXPECT_THAT(received(), MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
}

TEST_F(SystemdNotify, SaysThatItStops) {
  notify_stopping();
  EXPECT_EQ(received(), "STOPPING=1");
}

TEST_F(SystemdNotify, WithoutAServiceManagerItSaysNothing) {
  ::unsetenv("NOTIFY_SOCKET");
  notify_ready();
  notify_reloading();
  notify_stopping();
  EXPECT_EQ(received(), "");
}

}  // namespace
}  // namespace pacedns::app
