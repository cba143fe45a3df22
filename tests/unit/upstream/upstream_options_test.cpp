#include "pacedns/upstream/upstream_options.hpp"

#include <gtest/gtest.h>

#include "support/loopback.hpp"

namespace pacedns::upstream {
namespace {

using test::loopback;

TEST(ToUrl, SaysWhomWeTalkToAndHow) {
  EXPECT_EQ(to_url({Protocol::Udp, loopback("192.0.2.1", 53), "fast"}), "udp://192.0.2.1:53");
  EXPECT_EQ(to_url({Protocol::Tcp, loopback("192.0.2.1", 5301), "fast"}), "tcp://192.0.2.1:5301");
  EXPECT_EQ(to_url({Protocol::Udp, loopback("2001:db8::1", 53), "six"}), "udp://[2001:db8::1]:53");
  EXPECT_EQ(to_url({Protocol::Tcp, loopback("::1", 53), "six"}), "tcp://[::1]:53");
}

TEST(ToUrl, IsTheSameWhateverTheName) {
  EXPECT_EQ(to_url({Protocol::Udp, loopback("192.0.2.1", 53), "one"}),
            to_url({Protocol::Udp, loopback("192.0.2.1", 53), "two"}));
}

TEST(ToUrl, DiffersByAllThatMakesAnUpstream) {
  const std::string one = to_url({Protocol::Udp, loopback("192.0.2.1", 53), ""});
  EXPECT_NE(one, to_url({Protocol::Tcp, loopback("192.0.2.1", 53), ""}));
  EXPECT_NE(one, to_url({Protocol::Udp, loopback("192.0.2.2", 53), ""}));
  EXPECT_NE(one, to_url({Protocol::Udp, loopback("192.0.2.1", 54), ""}));
}

}  // namespace
}  // namespace pacedns::upstream
