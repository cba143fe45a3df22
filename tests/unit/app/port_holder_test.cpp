#include "pacedns/app/port_holder.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <gmock/gmock.h>
#include <grp.h>
#include <unistd.h>

#include "support/loopback.hpp"

namespace pacedns::app {
namespace {

using boost::asio::ip::make_address;
using boost::asio::ip::tcp;
using boost::asio::ip::udp;
using testing::HasSubstr;

constexpr uid_t kNobody = 65534;
constexpr uid_t kNameless = 654321;

std::string ourselves() {
  return " (pid " + std::to_string(::getpid()) + ")";
}

class PortHolder : public testing::Test {
 protected:
  static net::Endpoint endpoint(const char* address, std::uint16_t port) {
    return {make_address(address), port};
  }

  boost::asio::io_context io_;
};

TEST_F(PortHolder, FindsWhoHoldsAUdpPort) {
  const udp::socket socket(io_, test::loopback().udp());
  const auto port = socket.local_endpoint().port();
  EXPECT_THAT(find_port_holder(endpoint("127.0.0.1", port)), HasSubstr(ourselves()));
  EXPECT_THAT(find_port_holder(endpoint("0.0.0.0", port)), HasSubstr(ourselves()))
      << "all addresses include it";
}

TEST_F(PortHolder, FindsWhoListensOnATcpPort) {
  const tcp::acceptor acceptor(io_, test::loopback().tcp());
  EXPECT_THAT(find_port_holder(endpoint("127.0.0.1", acceptor.local_endpoint().port())),
              HasSubstr(ourselves()));
}

TEST_F(PortHolder, ASocketOnAllAddressesHoldsEachOfThem) {
  const udp::socket socket(io_, udp::endpoint(udp::v4(), 0));
  EXPECT_THAT(find_port_holder(endpoint("127.0.0.1", socket.local_endpoint().port())),
              HasSubstr(ourselves()));
}

TEST_F(PortHolder, FindsThemForIpv6) {
  if (!test::ipv6_there()) GTEST_SKIP() << "no IPv6 on loopback here";
  const udp::socket socket(io_, test::loopback("::1").udp());
  EXPECT_THAT(find_port_holder(endpoint("::1", socket.local_endpoint().port())), HasSubstr(ourselves()));
}

TEST_F(PortHolder, AnotherAddressOfTheSamePortIsNotHeld) {
  const udp::socket socket(io_, test::loopback("127.0.0.2").udp());
  EXPECT_EQ(find_port_holder(endpoint("127.0.0.3", socket.local_endpoint().port())), "");
}

TEST_F(PortHolder, TransportsAreToldApart) {
  const net::Endpoint at = net::claim_endpoint(test::loopback("127.0.0.83")).value();
  {
    const udp::socket socket(io_, at.udp());
    EXPECT_THAT(find_port_holder(at, net::Transport::Udp), HasSubstr(ourselves()));
    EXPECT_EQ(find_port_holder(at, net::Transport::Tcp), "");
  }
  const tcp::acceptor acceptor(io_, at.tcp());
  EXPECT_EQ(find_port_holder(at, net::Transport::Udp), "");
  EXPECT_THAT(find_port_holder(at, net::Transport::Tcp), HasSubstr(ourselves()));
}

TEST_F(PortHolder, AConnectedUdpSocketHoldsItsPort) {
  udp::socket socket(io_, test::loopback().udp());
  socket.connect(test::loopback("127.0.0.1", 9).udp());
  EXPECT_THAT(find_port_holder(endpoint("127.0.0.1", socket.local_endpoint().port())),
              HasSubstr(ourselves()));
}

TEST_F(PortHolder, AnIpv6SocketMayHoldThePortForIpv4) {
  if (!test::ipv6_there()) GTEST_SKIP() << "no IPv6 here";
  udp::socket socket(io_, udp::v6());
  socket.set_option(boost::asio::ip::v6_only(false));
  socket.bind({udp::v6(), 0});
  const auto port = socket.local_endpoint().port();
  EXPECT_THAT(find_port_holder(endpoint("127.0.0.1", port)), HasSubstr(ourselves()));
  EXPECT_THAT(find_port_holder(endpoint("0.0.0.0", port)), HasSubstr(ourselves()));
}

/// What a process without privileges is told of a port, in a child that does not have our sockets.
std::string told_to_nobody(const net::Endpoint& endpoint, int descriptor) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(descriptor);
    if (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) ::_exit(1);
    const std::string holder = find_port_holder(endpoint);
    ::_exit(::write(ends[1], holder.data(), holder.size()) < 0 ? 1 : 0);
  }
  ::close(ends[1]);
  std::string text(1024, '\0');
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(::read(ends[0], text.data(), text.size()), 0)));
  ::close(ends[0]);
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  return text;
}

TEST_F(PortHolder, WhereTheProcessCannotBeSeenTheUserIsNamed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  udp::socket socket(io_, test::loopback().udp());
  const net::Endpoint at = endpoint("127.0.0.1", socket.local_endpoint().port());
  EXPECT_EQ(told_to_nobody(at, socket.native_handle()), "a process of user root");
}

TEST_F(PortHolder, AUserWithoutANameIsANumber) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  ASSERT_EQ(::seteuid(kNameless), 0);
  udp::socket socket(io_, udp::v4());
  ASSERT_EQ(::seteuid(0), 0);
  socket.bind(test::loopback().udp());
  const net::Endpoint at = endpoint("127.0.0.1", socket.local_endpoint().port());
  EXPECT_EQ(told_to_nobody(at, socket.native_handle()), "a process of uid 654321");
}

TEST_F(PortHolder, AFreePortHasNoHolder) {
  net::Endpoint freed;
  {
    const udp::socket socket(io_, test::loopback().udp());
    freed = endpoint("127.0.0.1", socket.local_endpoint().port());
  }
  EXPECT_EQ(find_port_holder(freed), "");
}

}  // namespace
}  // namespace pacedns::app
