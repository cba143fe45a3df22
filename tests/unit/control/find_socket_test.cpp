#include "pacedns/control/find_socket.hpp"

#include <gmock/gmock.h>

namespace pacedns::control {
namespace {

using testing::HasSubstr;

TEST(FindSocket, TheOptionCountsMostThenTheKeyThenTheDefault) {
  struct Case {
    std::optional<std::string> option, key;
    std::string path, origin;
  };
  for (const Case& each : std::vector<Case>{
           {{}, "auto", "/run/pacedns/control.sock", "control.socket is auto in x.yaml"},
           {{}, "/srv/c.sock", "/srv/c.sock", "control.socket in x.yaml"},
           {{}, {}, "/run/pacedns/control.sock", "x.yaml could not be read"},
           {"/tmp/o", "auto", "/tmp/o", "--socket"},
           {"/tmp/o", "/srv/c.sock", "/tmp/o", "--socket"},
           {"/tmp/o", "off", "/tmp/o", "--socket"},
           {"off", {}, "off", "--socket"},
       }) {
    const auto socket = find_socket({each.option, "x.yaml", each.key});
    ASSERT_TRUE(socket);
    EXPECT_EQ(socket->path, each.path);
    EXPECT_THAT(socket->origin, HasSubstr(each.origin));
  }
}

TEST(FindSocket, OffIsSaid) {
  const auto socket = find_socket({{}, "x.yaml", "off"});
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().kind, Failure::Kind::SocketOff);
  EXPECT_THAT(socket.error().message, HasSubstr("control.socket is off in x.yaml"));
}

}  // namespace
}  // namespace pacedns::control
