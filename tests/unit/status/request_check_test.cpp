#include "pacedns/status/request_check.hpp"

#include <string>

#include <boost/asio/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <gtest/gtest.h>

#include "support/http_probe.hpp"

namespace pacedns::status {
namespace {

namespace http = boost::beast::http;

class RequestCheck : public ::testing::Test {
 protected:
  [[nodiscard]] HttpService service(const char* listening) {
    HttpService result{.handler = handler_, .name = "test", .address = {}, .own_name = "", .limits = {}};
    if (listening != nullptr) result.address = boost::asio::ip::make_address(listening);
    return result;
  }

  [[nodiscard]] static http::request_header<> head(const std::string& method, const std::string& target = "/",
                                                   unsigned version = 11) {
    http::request_header<> result;
    result.version(version);
    result.method_string(method);
    result.target(target);
    if (version == 11) result.set(http::field::host, "localhost");
    return result;
  }

  [[nodiscard]] std::variant<Request, Refusal> check(const http::request_header<>& head,
                                                     const char* listening = "127.0.0.1") {
    return check_request(head, service(listening));
  }
  /// The status of a refusal, negative if the connection is closed after it; 200 for none.
  [[nodiscard]] int refused(const http::request_header<>& head, const char* listening = "127.0.0.1") {
    const auto checked = check(head, listening);
    const auto* const refusal = std::get_if<Refusal>(&checked);
    if (refusal == nullptr) return 200;
    const int status = static_cast<int>(refusal->response.status);
    return refusal->close ? -status : status;
  }

 private:
  test::EventLoop loop_;
  test::ScriptedRequests handler_{loop_};
};

TEST_F(RequestCheck, AGoodRequestIsTakenApart) {
  const auto request = std::get<Request>(check(head("GET", "/a%20b?c=%64")));
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/a b");
  EXPECT_EQ(request.parameters.at("c"), "d");
  EXPECT_FALSE(request.local);
  EXPECT_TRUE(std::get<Request>(check(head("POST"), nullptr)).local);
}

TEST_F(RequestCheck, MethodsAreThoseOfTheListener) {
  EXPECT_EQ(refused(head("POST")), 405);
  EXPECT_EQ(refused(head("HEAD")), 405);
  EXPECT_EQ(refused(head("get")), 405);
  EXPECT_EQ(refused(head("CONNECT", "localhost:80")), 405);
  EXPECT_EQ(refused(head("HEAD"), nullptr), 405);
  EXPECT_EQ(std::get<Refusal>(check(head("PUT"))).response.allow, "GET");
  EXPECT_EQ(std::get<Refusal>(check(head("PUT"), nullptr)).response.allow, "GET, POST");
}

TEST_F(RequestCheck, ABodyIsRefusedBeforeAnythingElse) {
  auto request = head("POST");
  request.set(http::field::content_length, "5");
  EXPECT_EQ(refused(request), -413);
  request.set(http::field::content_length, "000");
  EXPECT_EQ(refused(request), 405);
  request.set(http::field::transfer_encoding, "gzip");
  EXPECT_EQ(refused(request), -413);
}

TEST_F(RequestCheck, AHostIsNeededOnce) {
  auto request = head("GET");
  request.insert(http::field::host, "localhost");
  EXPECT_EQ(refused(request), -400);
  EXPECT_EQ(refused(request, nullptr), -400);
  request.erase(http::field::host);
  EXPECT_EQ(refused(request), -400);
  EXPECT_EQ(refused(request, nullptr), -400);
  EXPECT_EQ(refused(head("GET", "/", 10)), 200);
}

TEST_F(RequestCheck, TheHostIsOneOfTheListeners) {
  auto request = head("GET");
  request.set(http::field::host, "evil.example");
  EXPECT_EQ(refused(request), 421);
  EXPECT_EQ(refused(request, nullptr), 200);
  request.set(http::field::host, "192.0.2.1");
  EXPECT_EQ(refused(request), 421);
  EXPECT_EQ(refused(request, "192.0.2.1"), 200);
  request.set(http::field::host, "a b");
  EXPECT_EQ(refused(request), -400);
  request = head("GET", "/", 10);
  request.set(http::field::host, "evil.example");
  EXPECT_EQ(refused(request), 421);
}

TEST_F(RequestCheck, TheTargetCanBeRead) {
  EXPECT_EQ(refused(head("GET", "http://localhost/")), -400);
  EXPECT_EQ(refused(head("GET", "/%")), -400);
}

TEST_F(RequestCheck, ErrorsOfReadingAreToldToThoseWhoAreThere) {
  const auto status = [](boost::system::error_code error) {
    const auto refusal = refusal_of(error);
    return refusal ? refusal->response.status : 0;
  };
  EXPECT_EQ(status(http::error::bad_method), 400U);
  EXPECT_EQ(status(http::error::bad_field), 400U);
  EXPECT_EQ(status(http::error::bad_version), 505U);
  EXPECT_EQ(status(http::error::header_limit), 431U);
  EXPECT_EQ(status(http::error::buffer_overflow), 431U);
  EXPECT_EQ(status(http::error::body_limit), 413U);
  EXPECT_EQ(status(http::error::end_of_stream), 0U);
  EXPECT_EQ(status(http::error::partial_message), 0U);
  EXPECT_EQ(status(boost::beast::error::timeout), 0U);
  EXPECT_EQ(status(boost::asio::error::connection_reset), 0U);
}

}  // namespace
}  // namespace pacedns::status
