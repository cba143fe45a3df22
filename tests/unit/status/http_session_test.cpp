#include "pacedns/status/http_session.hpp"

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "support/http_probe.hpp"

namespace pacedns::status {
namespace {

using test::field;
using test::HttpClient;
using test::HttpProbe;
using test::HttpResponse;

constexpr const char* kHost = "Host: localhost\r\n";

std::string request(const std::string& line, const std::string& fields = kHost) {
  return line + "\r\n" + fields + "\r\n";
}

TEST(HttpSession, HandsARequestToTheHandlerAndItsResponseBack) {
  HttpProbe probe;
  HttpClient client = probe.tcp();
  const HttpResponse response = client.get("/api/%65xplain?name=a.example&type=%41");
  EXPECT_EQ(response.result_int(), 200U);
  EXPECT_EQ(response.version(), 11U);
  EXPECT_EQ(response.body(), "/api/explain");
  EXPECT_EQ(field(response, "Content-Type"), "text/plain");
  EXPECT_EQ(field(response, "Content-Length"), "12");
  EXPECT_EQ(field(response, "Cache-Control"), "no-store");
  ASSERT_EQ(probe.handler.seen.size(), 1U);
  EXPECT_EQ(probe.handler.seen[0].method, "GET");
  EXPECT_EQ(probe.handler.seen[0].parameters.at("type"), "A");
  EXPECT_FALSE(probe.handler.seen[0].local);
  EXPECT_EQ(probe.listener->counts().requests, 1U);
}

TEST(HttpSession, AConnectionServesOneRequestAfterTheOther) {
  HttpProbe probe;
  HttpClient client = probe.tcp();
  for (const char* const path : {"/1", "/2", "/3"})
    EXPECT_EQ(client.get(path).body(), path);
  EXPECT_EQ(probe.listener->counts().connections, 1U);
  EXPECT_FALSE(client.ended());
}

TEST(HttpSession, PipelinedRequestsAreAnsweredInTurn) {
  HttpProbe probe;
  probe.handler.held = true;
  HttpClient client = probe.tcp();
  client.write(request("GET /1 HTTP/1.1") + request("GET /2 HTTP/1.1") + request("GET /3 HTTP/1.1"));
  probe.await_requests(1);
  probe.loop.settle();
  EXPECT_EQ(probe.handler.seen.size(), 1U) << "the next is looked at when the first is answered";
  probe.handler.release();
  for (const char* const path : {"/1", "/2", "/3"})
    EXPECT_EQ(client.read().body(), path);
}

TEST(HttpSession, ARequestMayComeOctetByOctet) {
  HttpProbe probe;
  HttpClient client = probe.tcp();
  for (const char octet : request("GET /slow HTTP/1.1")) {
    client.write({octet});
    probe.loop.settle();
  }
  EXPECT_EQ(client.read().body(), "/slow");
}

TEST(HttpSession, EndsWhenTheClientWantsItTo) {
  HttpProbe probe;
  HttpClient client = probe.tcp();
  const auto response = client.ask(request("GET / HTTP/1.1", "Host: localhost\r\nConnection: close\r\n"));
  EXPECT_EQ(response.body(), "/");
  EXPECT_FALSE(response.keep_alive());
  probe.loop.until([&] { return client.ended(); });
  client.close();
  probe.await_connections(0);
}

TEST(HttpSession, ServesSoManyRequestsAndSaysSoWithTheLast) {
  HttpProbe probe({.requests_per_connection = 3});
  HttpClient client = probe.tcp();
  EXPECT_TRUE(client.get("/1").keep_alive());
  EXPECT_TRUE(client.get("/2").keep_alive());
  EXPECT_FALSE(client.get("/3").keep_alive());
  probe.loop.until([&] { return client.ended(); });
}

TEST(HttpSession, AClientThatHasSentAllItWillIsStillAnswered) {
  HttpProbe probe;
  probe.handler.held = true;
  HttpClient client = probe.tcp();
  client.write(request("GET /last HTTP/1.1"));
  client.finish();
  probe.await_requests(1);
  probe.handler.release();
  EXPECT_EQ(client.read().body(), "/last");
  probe.await_connections(0);
}

TEST(HttpSession, Http10ClientsAreServedAndNeedNoHost) {
  HttpProbe probe;
  HttpClient client = probe.tcp();
  EXPECT_EQ(client.ask("GET /old HTTP/1.0\r\n\r\n").body(), "/old");
  probe.loop.until([&] { return client.ended(); });
}

TEST(HttpSession, OverTcpOnlyGetIsOffered) {
  for (const char* const method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"}) {
    HttpProbe probe;
    HttpClient client = probe.tcp();
    const HttpResponse response = client.ask(request(std::string(method) + " / HTTP/1.1"));
    EXPECT_EQ(response.result_int(), 405U) << method;
    EXPECT_EQ(field(response, "Allow"), "GET");
    EXPECT_NE(response.body().find("\"error\""), std::string::npos);
    EXPECT_TRUE(probe.handler.seen.empty());
    EXPECT_EQ(client.get("/then").body(), "/then");
  }
}

TEST(HttpSession, AResponseToHeadHasNoBody) {
  HttpProbe probe;
  HttpClient client = probe.tcp();
  client.write(request("HEAD / HTTP/1.1", "Host: localhost\r\nConnection: close\r\n"));
  const std::string text = client.read_to_end();
  EXPECT_TRUE(text.starts_with("HTTP/1.1 405 ")) << text;
  EXPECT_TRUE(text.ends_with("\r\n\r\n")) << text;
  EXPECT_TRUE(probe.handler.seen.empty());
}

TEST(HttpSession, OverTheUnixSocketPostIsOfferedToo) {
  HttpProbe probe;
  HttpClient client = probe.local();
  EXPECT_EQ(client.ask(request("POST /api/flush?all=1 HTTP/1.1")).body(), "/api/flush");
  EXPECT_EQ(client.ask(request("POST /api/flush HTTP/1.1", "Host: x\r\nContent-Length: 0\r\n")).body(),
            "/api/flush");
  EXPECT_EQ(client.get("/api/dump").body(), "/api/dump");
  EXPECT_EQ(field(client.ask(request("PUT / HTTP/1.1")), "Allow"), "GET, POST");
  ASSERT_EQ(probe.handler.seen.size(), 3U);
  EXPECT_EQ(probe.handler.seen[0].method, "POST");
  EXPECT_TRUE(probe.handler.seen[0].local);
}

TEST(HttpSession, AForeignHostIsRefusedOnLoopback) {
  HttpProbe probe;
  HttpClient client = probe.tcp();
  const HttpResponse response = client.ask(request("GET / HTTP/1.1", "Host: evil.example\r\n"));
  EXPECT_EQ(response.result_int(), 421U);
  EXPECT_NE(response.body().find("rebinding"), std::string::npos);
  EXPECT_TRUE(probe.handler.seen.empty());
  EXPECT_EQ(client.get("/then").body(), "/then");
}

/// The status that a client gets, which is told and closed.
unsigned final_status(const std::string& text) {
  HttpProbe probe;
  HttpClient client = probe.tcp();
  client.write(text);
  const HttpResponse response = client.read();
  EXPECT_FALSE(response.keep_alive());
  EXPECT_NE(response.body().find("{\"error\":"), std::string::npos);
  EXPECT_NE(field(response, "Content-Security-Policy"), "");
  probe.loop.until([&] { return client.ended(); });
  EXPECT_TRUE(probe.handler.seen.empty());
  return response.result_int();
}

TEST(HttpSession, WhatIsWrongIsToldAndEndsTheConnection) {
  EXPECT_EQ(final_status("\x16\x03\x01 TLS?\r\n\r\n"), 400U);
  EXPECT_EQ(final_status("GET / HTTP/1.1\r\nHost localhost\r\n\r\n"), 400U);
  EXPECT_EQ(final_status(request("GET / HTTP/1.1", "")), 400U);
  EXPECT_EQ(final_status(request("GET / HTTP/1.1", "Host: localhost\r\nHost: localhost\r\n")), 400U);
  EXPECT_EQ(final_status(request("GET http://localhost/ HTTP/1.1")), 400U);
  EXPECT_EQ(final_status(request("GET /%zz HTTP/1.1")), 400U);
  EXPECT_EQ(final_status(request("GET / HTTP/2.0")), 505U);
  EXPECT_EQ(final_status(request("PRI * HTTP/2.0", "")), 505U);
}

TEST(HttpSession, RequestsWithABodyAreRefused) {
  EXPECT_EQ(final_status(request("GET / HTTP/1.1", "Host: localhost\r\nContent-Length: 1\r\n") + "x"), 413U);
  EXPECT_EQ(final_status(request("GET / HTTP/1.1", "Host: localhost\r\nContent-Length: 99999999999\r\n")),
            413U);
  EXPECT_EQ(final_status(request("POST / HTTP/1.1", "Host: localhost\r\nTransfer-Encoding: chunked\r\n") +
                         "1\r\nx\r\n0\r\n\r\n"),
            413U);
}

TEST(HttpSession, ALongHeadIsRefused) {
  EXPECT_EQ(final_status("GET /" + std::string(9000, 'a')), 431U);
  EXPECT_EQ(final_status("GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + std::string(9000, 'a')), 431U);
  HttpProbe probe;
  HttpClient client = probe.tcp();
  const std::string cookie = "Cookie: " + std::string(8000, 'a') + "\r\n";
  EXPECT_EQ(client.ask(request("GET /fits HTTP/1.1", kHost + cookie)).body(), "/fits");
}

TEST(HttpSession, TheResponseToAClientThatGoesOnSendingIsNotLost) {
  HttpProbe probe;
  HttpClient client = probe.tcp();
  client.write("GET / HTTP/1.1\r\nCookie: " + std::string(100000, 'a'));
  EXPECT_EQ(client.read().result_int(), 431U);
}

TEST(HttpSession, AnExceptionOfTheHandlerIsStatus500AndNothingElse) {
  HttpProbe probe;
  probe.handler.answer = [](const Request& request) -> Response {
    if (request.path == "/bad") throw std::runtime_error("no such luck");
    if (request.path == "/worse") throw 1;
    return {.body = "fine"};
  };
  HttpClient client = probe.tcp();
  const HttpResponse response = client.get("/bad");
  EXPECT_EQ(response.result_int(), 500U);
  EXPECT_EQ(response.body().find("no such luck"), std::string::npos) << "that is for the log";
  EXPECT_EQ(client.get("/worse").result_int(), 500U);
  EXPECT_EQ(client.get("/good").body(), "fine");
  EXPECT_EQ(probe.listener->counts().failures, 2U);
}

TEST(HttpSession, AResponseThatCannotBeWrittenEndsTheConnectionOnly) {
  HttpProbe probe;
  probe.handler.answer = [](const Request&) { return Response{.status = 12345}; };
  HttpClient client = probe.tcp();
  client.write(request("GET / HTTP/1.1"));
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(probe.listener->counts().failures, 1U);
  probe.handler.answer = nullptr;
  EXPECT_EQ(probe.tcp().get("/next").body(), "/next");
}

TEST(HttpSession, OneThatWaitsDoesNotHoldUpOthers) {
  HttpProbe probe;
  probe.handler.held = true;
  HttpClient waiting = probe.tcp();
  waiting.write(request("GET /waits HTTP/1.1"));
  probe.await_requests(1);
  probe.handler.held = false;
  EXPECT_EQ(probe.tcp().get("/quick").body(), "/quick");
  EXPECT_EQ(probe.handler.answered, 1U);
  probe.handler.release();
  EXPECT_EQ(waiting.read().body(), "/waits");
}

}  // namespace
}  // namespace pacedns::status
