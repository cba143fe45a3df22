#include "pacedns/base/thread_check.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace pacedns {
namespace {

TEST(ThreadCheck, TheFirstThreadMayComeBack) {
  ThreadCheck check;
  std::thread([&check] {
    check.assert_owner();
    check.assert_owner();
  }).join();
}

TEST(ThreadCheckDeathTest, ASecondThreadIsNoticedInBuildsWithAssertions) {
#ifdef NDEBUG
  GTEST_SKIP() << "built without assertions";
#else
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ThreadCheck check;
  check.assert_owner();
  EXPECT_DEATH(std::thread([&check] { check.assert_owner(); }).join(), "does not own");
#endif
}

}  // namespace
}  // namespace pacedns
