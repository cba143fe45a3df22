#include <chrono>
#include <string>

#include <boost/asio/steady_timer.hpp>
#include <gtest/gtest.h>

#include "pacedns/status/http_session.hpp"

#include "support/http_probe.hpp"

namespace pacedns::status {
namespace {

using test::HttpClient;
using test::HttpProbe;

constexpr Duration kShort = std::chrono::milliseconds(50);

void pause(HttpProbe& probe, Duration time) {
  bool elapsed = false;
  boost::asio::steady_timer timer(probe.loop.io, time);
  timer.async_wait([&](boost::system::error_code) { elapsed = true; });
  probe.loop.until([&] { return elapsed; });
}

TEST(HttpSessionTimeouts, AClientThatSaysNothingIsClosedAsOneThatIsSlow) {
  HttpProbe probe({.head_timeout = kShort});
  HttpClient client = probe.tcp();
  EXPECT_EQ(client.read_to_end(), "");
  probe.await_connections(0);
}

TEST(HttpSessionTimeouts, AHeadThatNeverEndsIsClosedHoweverOftenAnOctetComes) {
  HttpProbe probe({.head_timeout = kShort, .head_octets = 1 << 20});
  HttpClient client = probe.tcp();
  client.write("GET / HTTP/1.1\r\nHost: localhost\r\nCookie: ");
  probe.loop.until([&] {
    probe.loop.settle();  // it waits for each octet
    return client.write_some("a") == 0 || client.ended();
  });
  EXPECT_EQ(client.read_to_end(), "");
  probe.await_connections(0);
  EXPECT_TRUE(probe.handler.seen.empty());
}

TEST(HttpSessionTimeouts, ALaterHeadIsGivenNoMoreTime) {
  HttpProbe probe({.head_timeout = kShort});
  HttpClient client = probe.tcp();
  EXPECT_EQ(client.get("/1").body(), "/1");
  client.write("GET /2 HT");
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(HttpSessionTimeouts, AClientThatAsksNothingMoreIsClosed) {
  HttpProbe probe({.idle_timeout = kShort});
  HttpClient client = probe.tcp();
  EXPECT_EQ(client.get("/").body(), "/");
  EXPECT_EQ(client.read_to_end(), "");
  probe.await_connections(0);
}

TEST(HttpSessionTimeouts, BetweenRequestsTheTimeIsThatOfIdleness) {
  HttpProbe probe({.head_timeout = kShort});
  HttpClient client = probe.tcp();
  EXPECT_EQ(client.get("/1").body(), "/1");
  pause(probe, 3 * kShort);
  EXPECT_EQ(client.get("/2").body(), "/2");
}

TEST(HttpSessionTimeouts, TheTimeThatTheHandlerTakesIsNotTheClients) {
  HttpProbe probe({.head_timeout = kShort, .idle_timeout = kShort, .write_timeout = kShort});
  probe.handler.held = true;
  HttpClient client = probe.tcp();
  client.write("GET /late HTTP/1.1\r\nHost: localhost\r\n\r\n");
  probe.await_requests(1);
  pause(probe, 3 * kShort);
  probe.handler.release();
  EXPECT_EQ(client.read().body(), "/late");
}

TEST(HttpSessionTimeouts, AClientThatDoesNotTakeItsResponseIsClosed) {
  HttpProbe probe({.write_timeout = kShort});
  probe.handler.answer = [](const Request&) { return Response{.body = std::string(8 << 20, 'a')}; };
  HttpClient client = probe.tcp(4096);
  client.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  probe.await_connections(1);
  probe.await_connections(0);
}

TEST(HttpSessionTimeouts, AClientThatDoesNotCloseIsNotWaitedForLong) {
  HttpProbe probe({.farewell_timeout = kShort});
  HttpClient client = probe.tcp();
  EXPECT_EQ(client.ask("nonsense\r\n\r\n").result_int(), 400U);
  probe.await_connections(0);
}

}  // namespace
}  // namespace pacedns::status
