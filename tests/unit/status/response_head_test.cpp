#include "pacedns/status/response_head.hpp"

#include <string>

#include <gtest/gtest.h>

namespace pacedns::status {
namespace {

std::string value(const boost::beast::http::response_header<>& head, const char* name) {
  return head.count(name) == 1 ? std::string(head[name]) : "";
}

boost::beast::http::response_header<> head_of(const Response& response) {
  boost::beast::http::response_header<> head;
  fill_head(head, response, 784111777);
  return head;
}

TEST(ResponseHead, ForbidsBrowsersWhatThePageDoesNotNeed) {
  const auto head = head_of({.status = 404, .content_type = "text/html"});
  EXPECT_EQ(head.result_int(), 404U);
  EXPECT_EQ(value(head, "Content-Type"), "text/html");
  EXPECT_EQ(
      value(head, "Content-Security-Policy"),
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  EXPECT_EQ(value(head, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(value(head, "Referrer-Policy"), "no-referrer");
  EXPECT_EQ(value(head, "Cross-Origin-Resource-Policy"), "same-origin");
  EXPECT_EQ(value(head, "Cache-Control"), "no-store");
  EXPECT_EQ(value(head, "Date"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(value(head, "Server"), "");
}

TEST(ResponseHead, NamesWhatIsAllowedOnlyWhereItIsSaid) {
  EXPECT_EQ(value(head_of({.status = 405, .allow = "GET"}), "Allow"), "GET");
  EXPECT_EQ(head_of({}).count("Allow"), 0U);
  EXPECT_EQ(head_of({}).count("Content-Type"), 0U);
}

TEST(ResponseHead, DatesAreThoseOfTheRfc) {
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(1709251199), "Thu, 29 Feb 2024 23:59:59 GMT");
}

}  // namespace
}  // namespace pacedns::status
