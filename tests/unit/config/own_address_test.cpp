#include "pacedns/config/own_address.hpp"

#include <gtest/gtest.h>

namespace pacedns::config {
namespace {

struct Row {
  const char* target;
  const char* listen;
  bool arrives;
};

// The machine has 192.0.2.1 and 2001:db8::1.
const Row kRows[] = {
    {"192.0.2.1:53", "192.0.2.1:53", true},
    {"192.0.2.1:53", "192.0.2.1:54", false},
    {"192.0.2.1:53", "127.0.0.1:53", false},
    {"192.0.2.1:53", "0.0.0.0:53", true},
    {"192.0.2.1:53", "0.0.0.0:54", false},
    {"192.0.2.1:53", "[::]:53", false},
    {"192.0.2.1:53", "[::ffff:192.0.2.1]:53", true},
    {"192.0.2.9:53", "0.0.0.0:53", false},
    {"127.9.9.9:53", "0.0.0.0:53", true},
    {"127.9.9.9:53", "127.0.0.1:53", false},
    {"[2001:db8::1]:53", "[::]:53", true},
    {"[2001:db8::2]:53", "[::]:53", false},
    {"[2001:db8::1]:53", "0.0.0.0:53", false},
    {"[::1]:53", "[::]:53", true},
};

TEST(OwnAddress, IsWhereAQueryWouldComeBackToUs) {
  const boost::asio::ip::address machine[] = {boost::asio::ip::make_address("192.0.2.1"),
                                              boost::asio::ip::make_address("2001:db8::1")};
  for (const Row& row : kRows) {
    const auto target = net::parse_endpoint(row.target, 0).value();
    const auto listen = net::parse_endpoint(row.listen, 0).value();
    EXPECT_EQ(arrives_at(target, listen, machine), row.arrives) << row.target << " " << row.listen;
  }
}

}  // namespace
}  // namespace pacedns::config
