#include "pacedns/upstream/upstream_options.hpp"

#include <gtest/gtest.h>

#include "support/loopback.hpp"

namespace pacedns::upstream {
namespace {

using test::loopback;

TEST(UpstreamOptions, AnUpstreamIsItsProtocolAndItsEndpoint) {
  const ServerOptions server{Protocol::Udp, loopback("192.0.2.1", 53), "one"};
  EXPECT_TRUE(same_upstream(server, {Protocol::Udp, loopback("192.0.2.1", 53), "renamed"}));
  EXPECT_FALSE(same_upstream(server, {Protocol::Tcp, loopback("192.0.2.1", 53), "one"}));
  EXPECT_FALSE(same_upstream(server, {Protocol::Udp, loopback("192.0.2.1", 54), "one"}));
  EXPECT_FALSE(same_upstream(server, {Protocol::Udp, loopback("192.0.2.2", 53), "one"}));
}

}  // namespace
}  // namespace pacedns::upstream
