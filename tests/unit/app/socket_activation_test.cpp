#include "pacedns/app/socket_activation.hpp"

#include <sys/wait.h>

#include <cstdlib>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/loopback.hpp"

namespace pacedns::app {
namespace {

namespace asio = boost::asio;
using test::loopback;

/// Sockets that a service manager would pass on.
struct Manager {
  asio::io_context io;
  asio::ip::udp::socket udp{io, loopback().udp()};
  asio::ip::tcp::acceptor tcp{io, asio::ip::tcp::endpoint(loopback().address, udp.local_endpoint().port())};
  net::Endpoint at{loopback().address, udp.local_endpoint().port()};
};

/// What a child sees to which these descriptors have been passed under these names: an error, or each address
/// with its numbers of sockets.
std::string seen_by_child(const std::vector<int>& descriptors, const std::string& names) {
  int answer[2];
  if (::pipe(answer) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr int kAside = 100;  // beyond the numbers that are to be passed
    ::dup2(answer[1], kAside);
    std::vector<int> copies;
    for (std::size_t i = 0; i < descriptors.size(); ++i)
      copies.push_back(::dup2(descriptors[i], kAside + 1 + static_cast<int>(i)));
    for (std::size_t i = 0; i < copies.size(); ++i)
      ::dup2(copies[i], 3 + static_cast<int>(i));
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", std::to_string(descriptors.size()).c_str(), 1);
    ::setenv("LISTEN_FDNAMES", names.c_str(), 1);
    const auto passed = take_passed_sockets();
    std::string text = passed ? "" : passed.error();
    if (passed) {
      for (const PassedAddress& address : *passed) {
        text += to_string(address.endpoint) + " " + std::to_string(address.datagrams.size()) + " udp " +
                std::to_string(address.streams.size()) + " tcp\n";
      }
      if (!take_passed_sockets()->empty()) text += "and once more";
    }
    static_cast<void>(!::write(kAside, text.data(), text.size()));
    ::_exit(0);
  }
  ::close(answer[1]);
  std::string text(4096, '\0');
  std::size_t size = 0;
  for (ssize_t count = 0; (count = ::read(answer[0], text.data() + size, text.size() - size)) > 0;)
    size += static_cast<std::size_t>(count);
  ::close(answer[0]);
  ::waitpid(child, nullptr, 0);
  return text.substr(0, size);
}

TEST(SocketActivation, WithoutItNothingIsPassed) {
  const auto passed = take_passed_sockets();
  ASSERT_TRUE(passed.has_value());
  EXPECT_TRUE(passed->empty());
}

TEST(SocketActivation, SortsSocketsByAddress) {
  Manager one, two;
  EXPECT_EQ(seen_by_child({one.udp.native_handle(), one.tcp.native_handle(), two.udp.native_handle()},
                          "dns:dns:dns"),
            to_string(one.at) + " 1 udp 1 tcp\n" + to_string(two.at) + " 1 udp 0 tcp\n");
}

TEST(SocketActivation, TakesSeveralSocketsOnOneAddress) {
  Manager one;
  EXPECT_EQ(seen_by_child({one.udp.native_handle(), one.udp.native_handle()}, "dns:dns"),
            to_string(one.at) + " 2 udp 0 tcp\n");
}

TEST(SocketActivation, RefusesOtherNames) {
  Manager one;
  EXPECT_EQ(seen_by_child({one.udp.native_handle()}, "web"),
            "the service manager passed socket 3, which is not named dns but web: correct the .socket unit");
}

TEST(SocketActivation, RefusesWhatIsNotASocketForQueries) {
  int pipes[2];
  ASSERT_EQ(::pipe(pipes), 0);
  const std::string refused =
      "the service manager passed socket 3, which is no UDP socket and no listening TCP socket: correct the "
      ".socket unit";
  EXPECT_EQ(seen_by_child({pipes[0]}, "dns"), refused);
  asio::io_context io;
  asio::ip::tcp::socket silent(io, loopback().tcp());
  EXPECT_EQ(seen_by_child({silent.native_handle()}, "dns"), refused);
  ::close(pipes[0]);
  ::close(pipes[1]);
}

TEST(SocketActivation, RefusesOneForBothFamiliesAtOnce) {
  if (!test::ipv6_there()) GTEST_SKIP() << "no IPv6";
  asio::io_context io;
  asio::ip::udp::socket both(io);
  both.open(asio::ip::udp::v6());
  both.set_option(asio::ip::v6_only(false));
  both.bind({asio::ip::address_v6::any(), 0});
  EXPECT_EQ(seen_by_child({both.native_handle()}, "dns"),
            "the service manager passed socket 3, which is for IPv4 too (BindIPv6Only=ipv6-only): correct "
            "the .socket "
            "unit");
}

}  // namespace
}  // namespace pacedns::app
