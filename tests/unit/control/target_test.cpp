#include "pacedns/control/target.hpp"

#include <gtest/gtest.h>

namespace pacedns::control {
namespace {

TEST(Target, NamesAreEncoded) {
  EXPECT_EQ(percent_encoded("www.Example-1_~.com."), "www.Example-1_~.com.");
  EXPECT_EQ(percent_encoded("a b&c=d%/\\\xff\r\n"), "a%20b%26c%3Dd%25%2F%5C%FF%0D%0A");
}

TEST(Target, Requests) {
  EXPECT_EQ(explain_target("a.example", "TXT"), "/api/explain?name=a.example&type=TXT");
  EXPECT_EQ(explain_target("a&b", "A&B"), "/api/explain?name=a%26b&type=A%26B");
  EXPECT_EQ(flush_target("suffix", "example"), "/api/flush?suffix=example");
  EXPECT_EQ(flush_target("all", "1"), "/api/flush?all=1");
}

TEST(Target, NamesThatMayBe) {
  for (const char* name :
       {".", "localhost", "www.example.com.", "_sip._tcp.example", "a\\032b.example", "\xc3\xa9"})
    EXPECT_FALSE(problem_of_name(name)) << name;
  EXPECT_FALSE(problem_of_name(std::string(kMaxNameText, 'a')));
}

TEST(Target, NamesThatCannotBe) {
  for (const char* name : {"", "a b", "a\tb", "a\n", "\x1b[31m", "a\x7f"})
    EXPECT_TRUE(problem_of_name(name)) << name;
  EXPECT_TRUE(problem_of_name(std::string(kMaxNameText + 1, 'a')));
}

}  // namespace
}  // namespace pacedns::control
