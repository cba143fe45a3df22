#include "pacedns/status/http_message.hpp"

#include <gtest/gtest.h>

namespace pacedns::status {
namespace {

TEST(HttpMessage, AnErrorIsAnObjectWithOneSentence) {
  const Response response = json_error(404, "there is no /x");
  EXPECT_EQ(response.status, 404U);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({"error":"there is no /x"})");
  EXPECT_FALSE(response.more);
}

TEST(HttpMessage, WhatIsSaidIsEscaped) {
  EXPECT_EQ(json_error(400, "a \"b\"\\").body, R"({"error":"a \"b\"\\"})");
}

TEST(HttpMessage, WhatIsNoTextIsWrittenAsInAUrl) {
  EXPECT_EQ(json_error(400, "no /\xff\xc3\n\x7f here").body, R"({"error":"no /%FF%C3%0A%7F here"})");
}

}  // namespace
}  // namespace pacedns::status
