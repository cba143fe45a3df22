#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "pacedns/status/http_session.hpp"

#include "support/http_probe.hpp"

namespace pacedns::status {
namespace {

using test::field;
using test::HttpClient;
using test::HttpProbe;
using test::HttpResponse;

constexpr const char* kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr std::size_t kPiece = 60000;

/// A body of so many pieces, and how many were asked for.
struct Pieces {
  explicit Pieces(HttpProbe& probe, std::size_t count) {
    probe.handler.answer = [this, count](const Request&) {
      return Response{.content_type = "text/plain", .more = [this, count]() -> std::optional<std::string> {
                        if (asked == count) return std::nullopt;
                        ++asked;
                        return std::string(kPiece, 'a');
                      }};
    };
  }
  std::size_t asked = 0;
};

TEST(HttpSessionStreaming, ABodyComesInPiecesAndTheConnectionGoesOn) {
  HttpProbe probe;
  probe.handler.answer = [](const Request&) {
    return Response{.body = "first,", .more = [count = 0]() mutable -> std::optional<std::string> {
                      if (++count == 4) return std::nullopt;
                      return count == 2 ? "" : std::to_string(count) + ",";  // an empty piece ends nothing
                    }};
  };
  HttpClient client = probe.tcp();
  for (int i = 0; i < 2; ++i) {
    const HttpResponse response = client.get("/");
    EXPECT_TRUE(response.chunked());
    EXPECT_EQ(response.body(), "first,1,3,");
    EXPECT_EQ(field(response, "X-Content-Type-Options"), "nosniff");
  }
}

TEST(HttpSessionStreaming, Http10ClientsReadToTheEnd) {
  HttpProbe probe;
  const Pieces pieces(probe, 2);
  HttpClient client = probe.tcp();
  client.write("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const HttpResponse response = client.read();
  EXPECT_FALSE(response.chunked());
  EXPECT_EQ(response.body(), std::string(2 * kPiece, 'a'));
  EXPECT_TRUE(client.ended());
}

void expect_paced(HttpProbe& probe, HttpClient client) {
  const Pieces pieces(probe, 200);
  client.write(kGet);
  probe.loop.until([&] { return pieces.asked > 0; });
  probe.loop.settle();
  EXPECT_LT(pieces.asked, 10U) << "left to itself the kernel takes a MiB or more";
  EXPECT_EQ(client.read().body(), std::string(200 * kPiece, 'a'));
  EXPECT_EQ(pieces.asked, 200U);
}

TEST(HttpSessionStreaming, NoMorePiecesAreMadeThanTheClientTakes) {
  HttpProbe probe;
  expect_paced(probe, probe.tcp(4096));
  expect_paced(probe, probe.local());
}

TEST(HttpSessionStreaming, AClientThatTakesNoMoreIsClosed) {
  HttpProbe probe({.write_timeout = std::chrono::milliseconds(50)});
  const Pieces pieces(probe, 10000);
  HttpClient client = probe.tcp(4096);
  client.write(kGet);
  probe.await_connections(1);
  probe.await_connections(0);
  EXPECT_LT(pieces.asked, 10U);
}

TEST(HttpSessionStreaming, NothingMoreIsAskedForWhenTheClientHasGone) {
  HttpProbe probe;
  const Pieces pieces(probe, 10000);
  HttpClient client = probe.tcp(4096);
  client.write(kGet);
  probe.loop.until([&] { return pieces.asked > 0; });
  client.close();
  probe.await_connections(0);
  EXPECT_LT(pieces.asked, 100U);
}

TEST(HttpSessionStreaming, AFailureInTheMiddleIsSeenByTheClient) {
  HttpProbe probe;
  probe.handler.answer = [](const Request&) {
    return Response{.body = "begun",
                    .more = []() -> std::optional<std::string> { throw std::runtime_error("no more"); }};
  };
  HttpClient client = probe.tcp();
  client.write(kGet);
  const std::string text = client.read_to_end();
  EXPECT_NE(text.find("begun"), std::string::npos);
  EXPECT_FALSE(text.ends_with("0\r\n\r\n")) << "the last chunk would say that all is well";
  EXPECT_EQ(probe.listener->counts().failures, 1U);
}

}  // namespace
}  // namespace pacedns::status
