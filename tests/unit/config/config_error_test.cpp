#include "pacedns/config/config_error.hpp"

#include <string>

#include <gtest/gtest.h>

namespace pacedns::config {
namespace {

TEST(ConfigError, IsOneLineWithPlaceAndKey) {
  const ConfigError error{"/etc/pacedns/pacedns.yaml", 3, 21, "cache.size", "'64' has no unit (0..1024GiB)"};
  EXPECT_EQ(to_string(error), "/etc/pacedns/pacedns.yaml:3:21: cache.size: '64' has no unit (0..1024GiB)");
}

TEST(ConfigError, LeavesTheKeyOutWhereTheFileIsMeant) {
  EXPECT_EQ(to_string({"a.yaml", 1, 1, "", "is too large (at most 1MiB)"}),
            "a.yaml:1:1: is too large (at most 1MiB)");
}

TEST(ConfigError, KeepsTheUsersWordsOnOnePrintableLine) {
  EXPECT_EQ(quoted("plain"), "'plain'");
  EXPECT_EQ(quoted("a\nb\x1b[31m"), "'a\\x0ab\\x1b[31m'");
  EXPECT_EQ(quoted("\xc3\xbc"), "'\\xc3\\xbc'");
  EXPECT_EQ(printable(std::string(1000, 'x')), std::string(80, 'x') + "...");
}

}  // namespace
}  // namespace pacedns::config
