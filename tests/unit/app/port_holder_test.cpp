#include "pacedns/app/port_holder.hpp"

#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gmock/gmock.h>
#include <unistd.h>

#include "support/loopback.hpp"

namespace pacedns::app {
namespace {

using boost::asio::ip::make_address;
using boost::asio::ip::tcp;
using boost::asio::ip::udp;
using testing::HasSubstr;

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
