#include "pacedns/status/request_target.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace pacedns::status {
namespace {

using Parameters = std::map<std::string, std::string>;

RequestTarget parsed(std::string_view text) {
  const auto target = parse_target(text);
  EXPECT_TRUE(target.has_value()) << text;
  return target ? *target : RequestTarget{};
}

TargetProblem problem(std::string_view text) {
  const auto target = parse_target(text);
  EXPECT_TRUE(target.has_error()) << text;
  return target.error();
}

TEST(RequestTarget, IsAPathWithParameters) {
  EXPECT_EQ(parsed("/").path, "/");
  EXPECT_EQ(parsed("/").parameters, Parameters{});
  EXPECT_EQ(parsed("/a/b?").path, "/a/b");
  EXPECT_EQ(parsed("/a?x=1&y=two").parameters, (Parameters{{"x", "1"}, {"y", "two"}}));
  EXPECT_EQ(parsed("/a?x&y=&&z=a=b?c").parameters, (Parameters{{"x", ""}, {"y", ""}, {"z", "a=b?c"}}));
}

TEST(RequestTarget, IsDecodedAfterItIsTakenApart) {
  EXPECT_EQ(parsed("/%61%2Fb%3f?n%3D=%26%3d%25").path, "/a/b?");
  EXPECT_EQ(parsed("/%61%2Fb%3f?n%3D=%26%3d%25").parameters, (Parameters{{"n=", "&=%"}}));
  EXPECT_EQ(parsed("/?n=%00%fF").parameters.at("n"), std::string("\0\xff", 2));
  EXPECT_EQ(parsed("/?n=a+b").parameters.at("n"), "a+b");
}

TEST(RequestTarget, BadEncodingIsAProblemWhereverItIs) {
  for (const char* text :
       {"/%", "/%4", "/%zz", "/%-1", "/%+1", "/% 1", "/%4%41", "/%0x", "/?%", "/?n=%4", "/?a=1&b=%g0"})
    EXPECT_EQ(problem(text), TargetProblem::BadEncoding) << text;
}

TEST(RequestTarget, OnlyTheOriginFormIsTaken) {
  for (const char* text : {"", "*", "a", "http://localhost/", "localhost:80", "?a=1", "/a#b", "/?a=1#b"})
    EXPECT_EQ(problem(text), TargetProblem::NotOriginForm) << text;
}

TEST(RequestTarget, AParameterCountsOnce) {
  EXPECT_EQ(problem("/?name=a&name=b"), TargetProblem::RepeatedParameter);
  EXPECT_EQ(problem("/?name=a&n%61me=a"), TargetProblem::RepeatedParameter);
}

TEST(RequestTarget, EachProblemIsDescribed) {
  EXPECT_NE(std::string(describe(TargetProblem::NotOriginForm)), describe(TargetProblem::BadEncoding));
  EXPECT_NE(std::string(describe(TargetProblem::BadEncoding)), describe(TargetProblem::RepeatedParameter));
}

}  // namespace
}  // namespace pacedns::status
