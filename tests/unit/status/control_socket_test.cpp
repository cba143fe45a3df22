#include "pacedns/status/control_socket.hpp"

#include <filesystem>

#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

#include "support/http_probe.hpp"

namespace pacedns::status {
namespace {

using test::HttpClient;
using test::HttpProbe;

TEST(ControlSocket, ServesWhoeverCanOpenItsFile) {
  HttpProbe probe({}, {});
  EXPECT_EQ(probe.local().get("/api/dump").body(), "/api/dump");
  ASSERT_EQ(probe.handler.seen.size(), 1U);
  EXPECT_TRUE(probe.handler.seen[0].local);
  EXPECT_EQ(probe.control->counts().connections, 1U);
}

TEST(ControlSocket, ASecondOneAtThePathIsRefusedAndTheFirstGoesOn) {
  HttpProbe probe;
  const auto second = ControlSocket::open(probe.loop.io, probe.control->path(), probe.handler);
  EXPECT_EQ(second.error(), boost::asio::error::address_in_use);
  EXPECT_EQ(probe.local().get("/first").body(), "/first");
}

TEST(ControlSocket, IsBoundAgainWhereItWasClosed) {
  HttpProbe probe;
  const std::string path = probe.control->path();
  probe.control->close();
  EXPECT_FALSE(std::filesystem::exists(path));
  const auto second = ControlSocket::open(probe.loop.io, path, probe.handler).value();
  second->start();
  probe.control.reset();  // the file is not its own any more
  HttpClient client(probe.loop, boost::asio::local::stream_protocol::endpoint(path));
  EXPECT_EQ(client.get("/second").body(), "/second");
}

TEST(ControlSocket, ConnectionsOverTheLimitAreClosed) {
  HttpProbe probe({.connections = 1});
  HttpClient first = probe.local();
  EXPECT_EQ(first.get("/").body(), "/");
  HttpClient second = probe.local();
  EXPECT_EQ(second.read_to_end(), "");
  EXPECT_EQ(probe.control->counts().over_limit, 1U);
}

}  // namespace
}  // namespace pacedns::status
