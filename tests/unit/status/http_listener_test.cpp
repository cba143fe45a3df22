#include "pacedns/status/http_listener.hpp"

#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

#include "pacedns/net/listening_socket.hpp"

#include "support/http_probe.hpp"

namespace pacedns::status {
namespace {

using test::HttpClient;
using test::HttpProbe;
using test::loopback;

class HttpListenerTest : public ::testing::Test {
 protected:
  [[nodiscard]] auto open(const net::Endpoint& at) {
    return HttpListener::open(loop_.io, at, HttpProbe::anybody(), handler_);
  }

  test::EventLoop loop_;
  test::ScriptedRequests handler_{loop_};
};

TEST_F(HttpListenerTest, KnowsThePortThatTheKernelChose) {
  const auto listener = open(loopback()).value();
  EXPECT_EQ(listener->at().address, loopback().address);
  EXPECT_NE(listener->at().port, 0);
}

TEST_F(HttpListenerTest, WhoConnectsBeforeItStartsWaits) {
  const auto listener = open(loopback()).value();
  HttpClient client(loop_, listener->at().tcp());
  loop_.settle();
  EXPECT_FALSE(client.ended());
  listener->start();
  EXPECT_EQ(client.get("/patient").body(), "/patient");
}

TEST_F(HttpListenerTest, APortThatIsTakenIsAnError) {
  const auto first = open(loopback()).value();
  EXPECT_EQ(open(first->at()).error(), boost::asio::error::address_in_use);
  const auto shared = net::open_tcp(loop_.io, loopback()).value();
  const auto port = shared.local_endpoint().port();
  EXPECT_EQ(open(loopback("127.0.0.1", port)).error(), boost::asio::error::address_in_use);
}

TEST_F(HttpListenerTest, APortThatWasClosedCanBeHadAgainAtOnce) {
  auto first = open(loopback()).value();
  first->start();
  HttpClient client(loop_, first->at().tcp());
  EXPECT_EQ(client.get("/").body(), "/");
  const net::Endpoint at = first->at();
  first.reset();
  const auto second = open(at).value();
  second->start();
  EXPECT_EQ(HttpClient(loop_, at.tcp()).get("/again").body(), "/again");
}

TEST_F(HttpListenerTest, AnAddressThatIsNotOursIsAnError) {
  EXPECT_EQ(open(loopback("192.0.2.1")).error(), boost::system::errc::address_not_available);
}

}  // namespace
}  // namespace pacedns::status
