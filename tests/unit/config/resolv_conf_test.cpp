#include "pacedns/config/resolv_conf.hpp"

#include <gmock/gmock.h>

#include "unit/config/loading.hpp"

namespace pacedns::config {
namespace {

using boost::asio::ip::make_address;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

std::vector<std::string> endpoints(const std::vector<upstream::ServerOptions>& servers) {
  std::vector<std::string> texts;
  for (const auto& server : servers)
    texts.push_back(to_string(server.endpoint));
  return texts;
}

struct Row {
  std::string text;
  std::vector<std::string> servers;
  std::size_t skipped = 0;
};

const Row kRows[] = {
    {"", {}},
    {"\n\n", {}},
    {"nameserver 192.0.2.1", {"192.0.2.1:53"}},
    {"nameserver 192.0.2.1\n", {"192.0.2.1:53"}},
    {"nameserver\t 192.0.2.1 \t\r\n", {"192.0.2.1:53"}},
    {"nameserver 2001:db8::1\n", {"[2001:db8::1]:53"}},
    {"nameserver fe80::1%1\n", {"[fe80::1%lo]:53"}},
    {"nameserver fe80::1%lo\n", {"[fe80::1%lo]:53"}},
    {"nameserver ::ffff:192.0.2.1\n", {"192.0.2.1:53"}},
    {"search example.org\noptions edns0\nnameserver 192.0.2.1\nsortlist 192.0.2.0\n", {"192.0.2.1:53"}},
    {"# nameserver 192.0.2.1\n; nameserver 192.0.2.2\n#nameserver 192.0.2.3\n", {}},
    {"nameserver 192.0.2.1 # home\nnameserver 192.0.2.2 ; work\n", {"192.0.2.1:53", "192.0.2.2:53"}},
    {"nameserver 192.0.2.2\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n", {"192.0.2.2:53", "192.0.2.1:53"}},
    {"nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n",
     {"192.0.2.1:53", "192.0.2.2:53", "192.0.2.3:53", "192.0.2.4:53"}},
    // Not what starts a line is meant for the C library either.
    {" nameserver 192.0.2.1\nnameservers 192.0.2.1\nNAMESERVER 192.0.2.1\nnameserver192.0.2.1\n", {}},
    {"nameserver\nnameserver \nnameserver 192.0.2.1", {"192.0.2.1:53"}, 2},
    {"nameserver dns.example\nnameserver 192.0.2.1", {"192.0.2.1:53"}, 1},
    {"nameserver 192.0.2.1#home\n", {}, 1},
    {"nameserver 192.0.2\nnameserver 192.0.2.256\n", {}, 2},
    {"nameserver 192.0.2.1:53\nnameserver [2001:db8::1]:53\nnameserver [2001:db8::1]\n", {}, 3},
    {"nameserver tcp://192.0.2.1\nnameserver udp://2001:db8::1\n", {}, 2},
    {"nameserver 0.0.0.0\nnameserver ::\nnameserver 224.0.0.1\n", {}, 3},
    {"nameserver fe80::1%no-such-interface\n", {}, 1},
    {std::string("nameserver 192.0.2.1\0\nnameserver \0\n\0", 36), {}, 2},
};

TEST(ResolvConf, NamesUpstreams) {
  for (const Row& row : kRows) {
    const ResolvConf parsed = parse_resolv_conf(row.text);
    EXPECT_EQ(endpoints(parsed.servers), row.servers) << row.text;
    EXPECT_EQ(parsed.skipped.size(), row.skipped) << row.text;
  }
}

TEST(ResolvConf, NamesAreTheAddressesAndUdpComesFirst) {
  const ResolvConf parsed = parse_resolv_conf("nameserver 192.0.2.1\nnameserver 2001:db8::1\n");
  ASSERT_EQ(parsed.servers.size(), 2U);
  EXPECT_EQ(parsed.servers[0].name, "192.0.2.1");
  EXPECT_EQ(parsed.servers[1].name, "2001:db8::1");
  EXPECT_EQ(parsed.servers[0].protocol, upstream::Protocol::Udp);
}

TEST(ResolvConf, SaysWhatIsWrongWithALine) {
  EXPECT_THAT(parse_resolv_conf("# x\nnameserver dns.example\nnameserver 192.0.2.1:53\nnameserver\n").skipped,
              ElementsAre("line 2: 'dns.example' is a host name, where an IP address is needed",
                          "line 3: '192.0.2.1:53' is not an IP address by itself",
                          "line 4: '' is empty, where an IP address is needed"));
}

std::vector<upstream::ServerOptions> named(const std::string& text) {
  return parse_resolv_conf(text).servers;
}

TEST(FileServers, AreThoseThatTheConfigurationDoesNotHave) {
  const Config config = config_of("upstream: { servers: [192.0.2.1, 'tcp://192.0.2.2', '192.0.2.3:54'] }");
  const auto chosen = select_file_servers(
      named("nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 192.0.2.3\n"), config, {});
  EXPECT_THAT(endpoints(chosen.servers), ElementsAre("192.0.2.3:53"));
  EXPECT_THAT(chosen.left_out, IsEmpty()) << "a double is no news";
  EXPECT_FALSE(chosen.only_ourselves);
}

TEST(FileServers, AreNeverOurselves) {
  const Config config = config_of("upstream: { resolv_conf: /x }\nlisten: ['127.0.0.1:53', '[::]:53']");
  const boost::asio::ip::address machine[] = {make_address("2001:db8::1"), make_address("192.0.2.1")};
  const auto chosen = select_file_servers(
      named("nameserver 127.0.0.1\nnameserver 2001:db8::1\nnameserver 192.0.2.1\nnameserver ::1\n"), config,
      machine);
  EXPECT_THAT(endpoints(chosen.servers), ElementsAre("192.0.2.1:53")) << "we do not listen there";
  EXPECT_FALSE(chosen.only_ourselves);
  EXPECT_THAT(chosen.left_out,
              ElementsAre((FileServers::LeftOut{"127.0.0.1", "it is our own listening address 127.0.0.1:53"}),
                          (FileServers::LeftOut{"2001:db8::1", "it is our own listening address [::]:53"}),
                          (FileServers::LeftOut{"::1", "it is our own listening address [::]:53"})));
}

TEST(FileServers, AnotherServerOnThisMachineIsNotUs) {
  const Config config = config_of("upstream: { resolv_conf: /x }\nlisten: ['127.0.0.1:5300']");
  const auto chosen = select_file_servers(named("nameserver 127.0.0.1\n"), config, {});
  EXPECT_THAT(endpoints(chosen.servers), ElementsAre("127.0.0.1:53"));
}

TEST(FileServers, TellWhenThereIsNobodyButOurselves) {
  const Config config = config_of("upstream: { servers: [192.0.2.1] }\nlisten: ['127.0.0.1:53']");
  EXPECT_TRUE(select_file_servers({}, config, {}).only_ourselves);
  EXPECT_TRUE(select_file_servers(named("nameserver 127.0.0.1\n"), config, {}).only_ourselves);
  EXPECT_FALSE(select_file_servers(named("nameserver 192.0.2.1\n"), config, {}).only_ourselves);
}

TEST(FileServers, AreNoMoreThanThereMayBeInAll) {
  std::string text;
  for (unsigned i = 1; i <= 70; ++i)
    text += "nameserver 198.51.100." + std::to_string(i) + "\n";
  const Config config = config_of("upstream: { servers: [192.0.2.1, 192.0.2.2] }");
  const auto chosen = select_file_servers(named(text), config, {});
  EXPECT_EQ(chosen.servers.size(), 62U);
  ASSERT_EQ(chosen.left_out.size(), 8U);
  EXPECT_EQ(chosen.left_out[0].name, "198.51.100.63");
  EXPECT_THAT(chosen.left_out[0].reason, StartsWith("there are 64 upstreams already"));
}

}  // namespace
}  // namespace pacedns::config
