#include "pacedns/status/http_server.hpp"

#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/descriptor_limit_guard.hpp"
#include "support/http_probe.hpp"

namespace pacedns::status {
namespace {

using test::HttpClient;
using test::HttpProbe;

constexpr const char* kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::vector<net::Prefix> only(const char* prefix) {
  return {net::Prefix::parse(prefix).value()};
}

TEST(HttpServer, PeersOutsideTheAllowListGetNothing) {
  HttpProbe probe({}, only("127.0.0.9"));
  for (std::uint64_t i = 1; i <= 3; ++i) {
    HttpClient outside = probe.tcp();
    (void)outside.write_some(kGet);
    EXPECT_EQ(outside.read_to_end(), "");
    EXPECT_EQ(probe.listener->counts().outside, i);
  }
  EXPECT_EQ(probe.listener->counts().connections, 0U);
  EXPECT_TRUE(probe.handler.seen.empty());
  EXPECT_EQ(probe.local().get("/").body(), "/") << "the Unix socket has its file's mode instead";
}

TEST(HttpServer, AnEmptyAllowListIsNobody) {
  HttpProbe probe({}, {});
  EXPECT_EQ(probe.tcp().read_to_end(), "");
}

TEST(HttpServer, TheAllowListKnowsIpv6) {
  if (!test::ipv6_there()) GTEST_SKIP() << "no IPv6";
  HttpProbe probe({}, only("::1"), "::1");
  EXPECT_EQ(probe.tcp().get("/six").body(), "/six");
  probe.listener->set_allow(only("2001:db8::/32"));
  EXPECT_EQ(probe.tcp().read_to_end(), "");
}

TEST(HttpServer, WhoIsNoLongerAllowedIsClosed) {
  HttpProbe probe;
  HttpClient client = probe.tcp();
  EXPECT_EQ(client.get("/").body(), "/");
  probe.listener->set_allow(only("127.0.0.0/8"));
  EXPECT_EQ(client.get("/still").body(), "/still");
  probe.listener->set_allow(only("127.0.0.9"));
  EXPECT_EQ(probe.listener->open_connections(), 0U);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(HttpServer, ConnectionsOverTheLimitAreClosedAndAPlaceThatIsFreedIsUsedAgain) {
  HttpProbe probe({.connections = 2});
  HttpClient first = probe.tcp();
  HttpClient second = probe.tcp();
  probe.await_connections(2);
  HttpClient third = probe.tcp();
  EXPECT_EQ(third.read_to_end(), "");
  EXPECT_EQ(probe.listener->counts().over_limit, 1U);
  EXPECT_EQ(first.get("/first").body(), "/first");
  second.close();
  probe.await_connections(1);
  EXPECT_EQ(probe.tcp().get("/fourth").body(), "/fourth");
  EXPECT_EQ(probe.listener->counts().connections, 3U);
}

TEST(HttpServer, GoesOnWhenDescriptorsAreThereAgain) {
  HttpProbe probe;
  HttpClient client = probe.tcp();
  const int next = ::dup(0);
  ASSERT_GE(next, 0);
  ::close(next);
  {
    const test::DescriptorLimitGuard none(static_cast<rlim_t>(next));
    probe.loop.settle();
  }
  EXPECT_EQ(probe.listener->counts().connections, 0U);
  EXPECT_EQ(client.get("/late").body(), "/late");
}

/// Clients in every state: silent, inside a head, idle, waiting for the handler, not taking a whole or a
/// streamed response, told that they are wrong; over TCP and over the Unix socket.
struct ClientsInEveryState {
  explicit ClientsInEveryState(HttpProbe& probe) {
    probe.handler.answer = [](const Request& request) {
      if (request.path == "/whole") return Response{.body = std::string(16 << 20, 'a')};
      if (request.path == "/streamed") return Response{.more = [] { return std::string(60000, 'a'); }};
      return Response{.body = "short"};
    };
    add(probe, "");
    add(probe, "GET / HT");
    add(probe, kGet);
    add(probe, "GET /whole HTTP/1.1\r\nHost: localhost\r\n\r\n");
    add(probe, "GET /streamed HTTP/1.1\r\nHost: localhost\r\n\r\n");
    add(probe, "nonsense\r\n\r\n");
    probe.await_requests(6);
    probe.loop.settle();
    probe.handler.held = true;
    add(probe, kGet);
    probe.await_requests(8);
    probe.loop.settle();
  }

  void add(HttpProbe& probe, const std::string& text) {
    clients.push_back(probe.tcp(4096));
    clients.back().write(text);
    clients.push_back(probe.local());
    clients.back().write(text);
  }

  std::vector<HttpClient> clients;
};

TEST(HttpServer, CloseEndsEverythingInWhateverState) {
  HttpProbe probe;
  ClientsInEveryState state(probe);
  EXPECT_EQ(probe.listener->open_connections(), 7U);
  EXPECT_EQ(probe.control->open_connections(), 7U);
  probe.listener->close();
  probe.control->close();
  EXPECT_EQ(probe.listener->open_connections(), 0U);
  EXPECT_EQ(probe.control->open_connections(), 0U);
  probe.loop.settle();
  for (HttpClient& client : state.clients)
    (void)client.read_to_end();
  EXPECT_THROW((void)probe.tcp(), boost::system::system_error);
  EXPECT_THROW((void)probe.local(), boost::system::system_error);
  probe.handler.release();  // whose connection has gone
  probe.loop.until([&] { return probe.handler.answered == 8; });
  EXPECT_EQ(probe.listener->counts().failures, 0U);
}

TEST(HttpServer, ItsOwnerMayGoWithSessionsInWhateverState) {
  HttpProbe probe;
  ClientsInEveryState state(probe);
  probe.listener.reset();
  probe.control.reset();
  probe.loop.settle();
  for (HttpClient& client : state.clients)
    (void)client.read_to_end();
  probe.handler.release();
  probe.loop.until([&] { return probe.handler.answered == 8; });
}

TEST(HttpServer, TheEventLoopMayGoWithSessionsInWhateverState) {
  HttpProbe probe;
  const ClientsInEveryState state(probe);
  probe.loop.io.stop();  // the listeners go next, then the loop with all that is suspended
}

TEST(HttpServer, AHandlerMayCloseTheListenerThatItServes) {
  HttpProbe probe;
  probe.handler.answer = [&](const Request&) {
    probe.listener->close();
    return Response{.body = "too late"};
  };
  HttpClient client = probe.tcp();
  client.write(kGet);
  EXPECT_EQ(client.read_to_end(), "");
}

TEST(HttpServer, ABodyMayCloseTheListenerThatItIsSentBy) {
  HttpProbe probe;
  probe.handler.answer = [&](const Request&) {
    return Response{.more = [&] {
      probe.listener.reset();
      return std::string("too late");
    }};
  };
  HttpClient client = probe.tcp();
  client.write(kGet);
  EXPECT_EQ(client.read_to_end().find("too late"), std::string::npos);
}

TEST(HttpServer, MayCloseBeforeItHasBegunAndTwice) {
  HttpProbe probe;
  probe.listener->close();
  probe.listener->close();
  probe.loop.settle();
  EXPECT_THROW((void)probe.tcp(), boost::system::system_error);
}

TEST(HttpServer, AConnectionThatIsAcceptedWhenItClosesIsNotKept) {
  HttpProbe probe;
  std::vector<HttpClient> clients;
  for (int i = 0; i < 3; ++i)
    clients.push_back(probe.tcp());
  while (probe.listener->open_connections() == 0) {
    probe.loop.io.restart();
    probe.loop.io.run_one();
  }
  probe.listener->close();  // while the loop has the next one already
  for (HttpClient& client : clients)
    EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(probe.listener->open_connections(), 0U);
}

}  // namespace
}  // namespace pacedns::status
