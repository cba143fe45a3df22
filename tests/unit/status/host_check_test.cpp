#include "pacedns/status/host_check.hpp"

#include <string>

#include <gtest/gtest.h>

namespace pacedns::status {
namespace {

HostVerdict at(const char* listening, std::string_view host, std::string_view own_name = "box.example.org") {
  return check_host(host, boost::asio::ip::make_address(listening), own_name);
}

TEST(HostCheck, LoopbackListenersAnswerToLoopbackNames) {
  for (const char* listening : {"127.0.0.1", "127.0.0.53", "::1"}) {
    for (const char* host :
         {"localhost", "localhost.", "LocalHost", "127.0.0.1", "127.9.8.7", "[::1]", "[0:0:0:0:0:0:0:1]",
          "localhost:9853", "localhost.:1", "127.0.0.1:65535", "[::1]:80", "localhost:"})
      EXPECT_EQ(at(listening, host), HostVerdict::Accepted) << listening << " " << host;
  }
}

TEST(HostCheck, LoopbackListenersAnswerToNothingElse) {
  for (const char* host : {"evil.example",
                           "evil.example:9853",
                           "localhost.evil.example",
                           "127.0.0.1.evil.example",
                           "localhost..",
                           "127.evil.example",
                           "localhosts",
                           "box",
                           "box.example.org",
                           "a.localhost",
                           "192.0.2.1",
                           "10.0.0.1",
                           "0.0.0.0",
                           "126.255.255.255",
                           "128.0.0.1",
                           "[::]",
                           "[::2]",
                           "[2001:db8::1]",
                           "[::ffff:127.0.0.1]",
                           "127.1",
                           "2130706433",
                           "127.0.0.1.",
                           "0127.0.0.1"})
    EXPECT_EQ(at("127.0.0.1", host), HostVerdict::Foreign) << host;
}

TEST(HostCheck, WhatIsNoHostIsMalformed) {
  for (const std::string& host : {std::string(""),
                                  std::string("."),
                                  std::string(":80"),
                                  std::string("localhost:x"),
                                  std::string("localhost:-1"),
                                  std::string("localhost:65536"),
                                  std::string("localhost:80:80"),
                                  std::string("::1"),
                                  std::string("[::1"),
                                  std::string("[::1]x"),
                                  std::string("[::1]80"),
                                  std::string("[localhost]"),
                                  std::string("[127.0.0.1]"),
                                  std::string("[]"),
                                  std::string("[::1%lo]"),
                                  std::string("user@localhost"),
                                  std::string("localhost/"),
                                  std::string("local host"),
                                  std::string("localhost, evil.example"),
                                  std::string("localhost\0", 10),
                                  std::string("[::1\0]", 6),
                                  std::string("l\xc3\xb6"
                                              "calhost"),
                                  std::string("\"><script>")}) {
    EXPECT_EQ(at("127.0.0.1", host), HostVerdict::Malformed) << host;
    EXPECT_EQ(at("192.0.2.1", host), HostVerdict::Malformed) << host;
  }
}

TEST(HostCheck, OtherListenersAnswerToAddressesAndPrivateNames) {
  for (const char* listening : {"192.168.1.1", "0.0.0.0", "::", "2001:db8::1"}) {
    for (const char* host :
         {"192.168.1.1:9853", "203.0.113.7", "[2001:db8::1]:9853", "127.0.0.1", "localhost", "box",
          "BOX:9853", "box.lan", "box.local", "box.home.arpa.", "dns.box.internal", "x.localhost"})
      EXPECT_EQ(at(listening, host), HostVerdict::Accepted) << listening << " " << host;
  }
}

TEST(HostCheck, OtherListenersAnswerToPublicNamesOnlyIfTheyAreTheMachinesOwn) {
  EXPECT_EQ(at("192.168.1.1", "box.example.org:9853"), HostVerdict::Accepted);
  EXPECT_EQ(at("192.168.1.1", "Box.Example.ORG."), HostVerdict::Accepted);
  EXPECT_EQ(at("192.168.1.1", "box.example.org", "box"), HostVerdict::Foreign);
  for (const char* host : {"evil.example", "box.evil.example", "lan.example", "notlan.com",
                           "home.arpa.example", "xbox.example.org", "evil.notlocal"})
    EXPECT_EQ(at("192.168.1.1", host), HostVerdict::Foreign) << host;
}

TEST(HostCheck, AnyHostLeadsToAUnixSocket) {
  for (const char* host : {"localhost", "evil.example", "pacedns", ""})
    EXPECT_EQ(check_host(host, std::nullopt, ""), HostVerdict::Accepted) << host;
}

TEST(HostCheck, TheAdviceSaysWhatToUse) {
  const auto advice = [](const char* listening) {
    return std::string(advice_for_foreign_host(boost::asio::ip::make_address(listening)));
  };
  EXPECT_NE(advice("127.0.0.1").find("localhost"), std::string::npos);
  EXPECT_NE(advice("192.0.2.1").find("IP address"), std::string::npos);
}

}  // namespace
}  // namespace pacedns::status
