#include "pacedns/control/client.hpp"

#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "support/unix_server.hpp"

namespace pacedns::control {
namespace {

using namespace std::chrono_literals;
using Kind = Failure::Kind;
using test::http;
using test::UnixServer;
using testing::HasSubstr;
using testing::StartsWith;

Client client_of(const std::string& path, Duration patience = kPatience) {
  return Client({path, "given by the test"}, patience);
}

TEST(Client, SendsOneRequestAConnection) {
  UnixServer server({http("{}"), http("{}", "404 Not Found")});
  const Client client = client_of(server.path());
  const auto first = client.request(Method::Get, "/api/status");
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->status, 200U);
  EXPECT_EQ(first->body, "{}");
  const auto second = client.request(Method::Post, "/api/flush?all=1");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->status, 404U);
  const auto& requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_THAT(requests[0], StartsWith("GET /api/status HTTP/1.1\r\nHost: pacedns\r\nConnection: close\r\n"));
  EXPECT_THAT(requests[1], StartsWith("POST /api/flush?all=1 HTTP/1.1\r\n"));
  EXPECT_THAT(requests[1], HasSubstr("Content-Length: 0\r\n"));
}

TEST(Client, TakesBodiesOfEveryKind) {
  const std::string large(std::size_t{3} << 20, 'x');
  UnixServer server({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
                     "HTTP/1.1 200 OK\r\n\r\nuntil the end", http(""), http(large)});
  const Client client = client_of(server.path());
  for (const std::string& body : {std::string("abcde"), std::string("until the end"), std::string(), large}) {
    const auto reply = client.request(Method::Get, "/");
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, body);
  }
}

TEST(Client, TellsWhyThereIsNoReply) {
  EXPECT_EQ(client_of(test::socket_path()).request(Method::Get, "/").error().kind, Kind::SocketMissing);
  EXPECT_EQ(client_of(PACEDNS_SOURCE_DIR "/CMakeLists.txt").request(Method::Get, "/").error().kind,
            Kind::Refused);
  const test::ListeningUnixSocket silent;
  EXPECT_EQ(client_of(silent.path(), 1ms).request(Method::Get, "/").error().kind, Kind::NoReply);
}

TEST(Client, TellsWhyAReplyIsNone) {
  UnixServer server({"", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "SSH-2.0-OpenSSH\r\n\r\n"});
  const Client client = client_of(server.path());
  for (const char* words :
       {"closed the connection", "closed the connection", "did not reply as pacedns does"}) {
    const auto reply = client.request(Method::Get, "/");
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, Kind::BadReply);
    EXPECT_THAT(reply.error().message, HasSubstr(words));
  }
}

TEST(Client, TakesJson) {
  UnixServer server({http(R"({"removed":3})")});
  const auto value = client_of(server.path()).request_json(Method::Post, "/api/flush?all=1");
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(value->at("removed").as_int64(), 3);
}

TEST(Client, WhatIsNoJsonObjectIsABadReply) {
  UnixServer server({http("<html>"), http("[]"), http("")});
  const Client client = client_of(server.path());
  for (int i = 0; i < 3; ++i) {
    const auto value = client.request_json(Method::Get, "/");
    ASSERT_FALSE(value);
    EXPECT_EQ(value.error().kind, Kind::BadReply);
    EXPECT_THAT(value.error().message, HasSubstr("no JSON object"));
  }
}

TEST(Client, TellsTheDaemonsOwnError) {
  const std::string evil = http("{\"error\":\"no such type \\u001b[31m\"}", "400 Bad Request");
  UnixServer server({evil, http("oops", "500 Internal Server Error"), evil});
  const Client client = client_of(server.path());
  const auto value = client.request_json(Method::Get, "/");
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().kind, Kind::Declined);
  EXPECT_EQ(value.error().message, "no such type \\027[31m");
  EXPECT_THAT(client.request_json(Method::Get, "/").error().message, HasSubstr("status 500"));
  const auto streamed = client.stream("/", [](std::string_view) { return true; });
  ASSERT_TRUE(streamed);
  EXPECT_EQ(streamed->message, "no such type \\027[31m");
}

TEST(Client, StreamsInPieces) {
  const std::string large(std::size_t{1} << 20, 'x');
  UnixServer server({http(large)});
  std::string all;
  std::size_t longest = 0;
  const auto failure = client_of(server.path()).stream("/api/dump", [&](std::string_view piece) {
    all += piece;
    longest = std::max(longest, piece.size());
    return true;
  });
  EXPECT_FALSE(failure);
  EXPECT_EQ(all, large);
  EXPECT_LT(longest, large.size() / 8);
}

TEST(Client, AStreamEndsWhenItIsNotWanted) {
  UnixServer server({http(std::string(std::size_t{1} << 20, 'x'))});
  int pieces = 0;
  const auto failure =
      client_of(server.path()).stream("/api/dump", [&](std::string_view) { return ++pieces < 2; });
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, Kind::Output);
  EXPECT_EQ(pieces, 2);
}

TEST(Client, AStreamThatIsCutOffIsAFailure) {
  UnixServer server({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"});
  std::string all;
  const auto failure = client_of(server.path()).stream("/api/dump", [&](std::string_view piece) {
    all += piece;
    return true;
  });
  EXPECT_EQ(all, "abc");
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->kind, Kind::BadReply);
}

}  // namespace
}  // namespace pacedns::control
