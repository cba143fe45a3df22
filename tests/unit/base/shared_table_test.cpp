#include "pacedns/base/shared_table.hpp"

#include <memory>

#include <gtest/gtest.h>

namespace pacedns {
namespace {

struct Thing {
  int value = 0;
};
using Table = SharedTable<Thing>;

TEST(SharedTable, TheSameIdentityHasTheSameThing) {
  Table table;
  const auto first = table.of("udp://192.0.2.1:53");
  EXPECT_EQ(table.of("udp://192.0.2.1:53"), first);
}

TEST(SharedTable, DifferentIdentitiesHaveNothingInCommon) {
  Table table;
  const auto udp = table.of("udp://192.0.2.1:53");
  EXPECT_NE(table.of("tcp://192.0.2.1:53"), udp);
}

// A reload asks for the new configuration's upstreams before it lets go of the old one's.
TEST(SharedTable, AThingOutlivesAReload) {
  Table table;
  auto before = table.of("a");
  before->value = 20;
  auto after = table.of("a");
  before.reset();
  EXPECT_EQ(after->value, 20);
  EXPECT_EQ(table.of("a")->value, 20);
}

TEST(SharedTable, ForgetsWhatNobodyUses) {
  Table table;
  table.of("a")->value = 20;
  EXPECT_EQ(table.of("a")->value, 0);
}

TEST(SharedTable, AThingOutlivesTheTable) {
  std::shared_ptr<Thing> thing;
  {
    Table table;
    thing = table.of("a");
  }
  thing->value = 20;
  EXPECT_EQ(thing->value, 20);
}

}  // namespace
}  // namespace pacedns
