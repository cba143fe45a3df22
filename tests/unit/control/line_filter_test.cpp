#include "pacedns/control/line_filter.hpp"

#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace pacedns::control {
namespace {

std::string bracketed(std::string_view line) {
  return "[" + std::string(line) + "]";
}

TEST(LineFilter, LinesAreChangedWhereverTheyAreCut) {
  const std::string text = "one\ntwo\n\nthree";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    std::ostringstream out;
    LineFilter filter(out, bracketed);
    for (std::size_t i = 0; i < text.size(); i += size)
      EXPECT_TRUE(filter.take(text.substr(i, size)));
    EXPECT_TRUE(filter.finish());
    EXPECT_EQ(out.str(), "[one]\n[two]\n[]\n[three]\n") << size;
  }
}

TEST(LineFilter, NothingComesOfNothing) {
  std::ostringstream out;
  EXPECT_TRUE(LineFilter(out, bracketed).finish());
  EXPECT_EQ(out.str(), "");
}

TEST(LineFilter, AVeryLongLineIsNotKept) {
  std::ostringstream out;
  LineFilter filter(out, bracketed);
  EXPECT_TRUE(filter.take(std::string(std::size_t{1} << 20, 'a')));
  EXPECT_EQ(out.str().size(), 0U);
  EXPECT_TRUE(filter.take("b"));
  EXPECT_GT(out.str().size(), std::size_t{1} << 20);
}

TEST(LineFilter, TellsThatItCannotWrite) {
  std::ostringstream out;
  LineFilter filter(out, bracketed);
  out.setstate(std::ios::badbit);
  EXPECT_FALSE(filter.take("a\n"));
  EXPECT_FALSE(filter.finish());
}

}  // namespace
}  // namespace pacedns::control
