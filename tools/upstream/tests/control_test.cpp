#include "upstream/control.hpp"

#include <sys/socket.h>

#include <array>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_messages.hpp"

namespace pacedns::simulator::test {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;
using testing::StartsWith;

const std::string kScript = R"(
upstreams:
  - { name: A, listen: "127.0.0.1:0" }
  - { name: B, listen: "127.0.0.1:0", delay: 1ms }
)";

/// A simulator on real sockets, and clients in the same thread: they write, `settle` lets it work, they read.
class ControlTest : public testing::Test {
 protected:
  ControlTest() : simulator_(context_, load_script(kScript, "test.yaml"), log_), control_(simulator_, log_) {
    simulator_.start();
  }

  ~ControlTest() override {
    simulator_.stop();
    context_.restart();
    context_.run();
  }

  /// Runs handlers until `done` says so; a test that would wait forever fails instead.
  template <typename Done>
  void run_until(Done done) {
    const TimePoint limit = steady_now() + std::chrono::seconds(5);
    while (!done() && steady_now() < limit) {
      context_.restart();
      context_.run_one_for(std::chrono::milliseconds(5));
    }
    EXPECT_TRUE(done());
  }

  asio::ip::udp::socket connect_udp(const std::string& name) {
    asio::ip::udp::socket socket(context_);
    socket.connect(simulator_.select(name)[0]->endpoint.udp());
    socket.non_blocking(true);
    return socket;
  }

  std::vector<std::uint8_t> exchange(asio::ip::udp::socket& socket) {
    socket.send(asio::buffer(kQuery));
    return receive(socket);
  }

  std::vector<std::uint8_t> receive(asio::ip::udp::socket& socket) {
    run_until([&] { return socket.available() > 0; });
    std::vector<std::uint8_t> octets(65'536);
    octets.resize(socket.receive(asio::buffer(octets)));
    return octets;
  }

  asio::io_context context_{1};
  EventLog log_;
  Simulator simulator_;
  Control control_;
  const std::vector<std::uint8_t> kQuery = plain_query("x.pool.example.", LDNS_RR_TYPE_A);
};

TEST_F(ControlTest, SaysWhatIsWrong) {
  EXPECT_EQ(control_.execute(""), "");
  EXPECT_EQ(control_.execute("  \r"), "");
  EXPECT_THAT(control_.execute("dance"), StartsWith("error unknown command 'dance'"));
  EXPECT_THAT(control_.execute("set"), StartsWith("error no upstream ''"));
  EXPECT_THAT(control_.execute("set C delay 1s"), StartsWith("error no upstream 'C'"));
  EXPECT_THAT(control_.execute("set A delay"), StartsWith("error usage"));
  EXPECT_THAT(control_.execute("set A delay soon"), StartsWith("error 'soon' is not a duration"));
  EXPECT_THAT(control_.execute("set A colour red"), StartsWith("error unknown key 'colour'"));
  EXPECT_THAT(control_.execute("set A answer [\"x A\"]"), StartsWith("error answer:1:2: [0]: 'x A'"));
  EXPECT_THAT(control_.execute("log"), StartsWith("error nothing is recorded"));
  EXPECT_THAT(control_.execute("forge A 0 random"), StartsWith("error '0' is not a number"));
  EXPECT_THAT(control_.execute("forge A 1 lucky"), StartsWith("error 'lucky'"));
  EXPECT_THAT(control_.execute("forge A 1 random"), StartsWith("error upstream 'A' has seen no UDP query"));
}

TEST_F(ControlTest, SetsOneUpstreamOrAll) {
  EXPECT_EQ(control_.execute("set A rcode REFUSED\r"), "ok\n");
  auto a = connect_udp("A");
  auto b = connect_udp("B");
  EXPECT_EQ(ldns_pkt_get_rcode(parse(exchange(a)).get()), LDNS_RCODE_REFUSED);
  EXPECT_EQ(ldns_pkt_get_rcode(parse(exchange(b)).get()), LDNS_RCODE_NOERROR);
  EXPECT_EQ(control_.execute("set * rcode SERVFAIL"), "ok\n");
  EXPECT_EQ(ldns_pkt_get_rcode(parse(exchange(b)).get()), LDNS_RCODE_SERVFAIL);
  EXPECT_EQ(control_.execute("count"), "count name=A udp=1 tcp=0\ncount name=B udp=2 tcp=0\nok\n");
  EXPECT_EQ(control_.execute("set * rcode NOERROR"), "ok\n");
  EXPECT_EQ(control_.execute("set A answer [\"x.pool.example. 9 A 192.0.2.77\"]"), "ok\n");
  EXPECT_THAT(answers(parse(exchange(a))), testing::ElementsAre("x.pool.example. 9 IN A 192.0.2.77"));
}

TEST_F(ControlTest, RefusesAndComesBackOnTheSamePort) {
  auto a = connect_udp("A");
  EXPECT_EQ(control_.execute("set A refuse true"), "ok\n");
  a.send(asio::buffer(kQuery));
  boost::system::error_code error;
  std::array<std::uint8_t, 512> octets;
  a.receive(asio::buffer(octets), 0, error);
  EXPECT_EQ(error, asio::error::connection_refused);
  asio::ip::tcp::socket tcp(context_);
  tcp.connect(simulator_.select("A")[0]->endpoint.tcp(), error);
  EXPECT_EQ(error, asio::error::connection_refused);
  EXPECT_EQ(control_.execute("set A refuse false"), "ok\n");
  EXPECT_EQ(answers(parse(exchange(a))).size(), 2U);
  tcp.close();
  tcp.connect(simulator_.select("A")[0]->endpoint.tcp(), error);
  EXPECT_FALSE(error);
}

TEST_F(ControlTest, ForgesFromTheUpstreamsSocket) {
  auto a = connect_udp("A");
  (void)exchange(a);
  EXPECT_EQ(control_.execute("forge A 3 sequential"), "ok\n");
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(ldns_pkt_id(parse(receive(a)).get()), kTestId + i);
  }
}

TEST_F(ControlTest, LogsWhatHappened) {
  log_.record();
  auto b = connect_udp("B");
  (void)exchange(b);
  const std::string lines = control_.execute("log");
  EXPECT_THAT(lines, HasSubstr("event=query upstream=B transport=udp"));
  EXPECT_THAT(lines, HasSubstr("event=reply upstream=B transport=udp"));
  EXPECT_THAT(lines, testing::EndsWith("\nok\n"));
  EXPECT_EQ(control_.execute("log"), "ok\n");
}

TEST_F(ControlTest, PipelinesOverTcp) {
  asio::ip::tcp::socket tcp(context_);
  tcp.connect(simulator_.select("A")[0]->endpoint.tcp());
  std::vector<std::uint8_t> stream;
  for (int i = 0; i < 3; ++i) {
    stream.push_back(0);
    stream.push_back(static_cast<std::uint8_t>(kQuery.size()));
    stream.insert(stream.end(), kQuery.begin(), kQuery.end());
  }
  EXPECT_EQ(control_.execute("set A tcp split"), "ok\n");
  asio::write(tcp, asio::buffer(stream));
  const std::size_t reply_size = 2 + kQuery.size() + 2 * 16;
  run_until([&] { return tcp.available() >= 3 * reply_size; });
  EXPECT_EQ(tcp.available(), 3 * reply_size);
  EXPECT_EQ(control_.execute("set A tcp close"), "ok\n");
  asio::write(tcp, asio::buffer(stream));
  run_until([&] { return simulator_.select("A")[0]->upstream.tcp_count() == 4; });
}

TEST_F(ControlTest, Quits) {
  EXPECT_FALSE(control_.quit());
  EXPECT_EQ(control_.execute("quit"), "ok\n");
  EXPECT_TRUE(control_.quit());
}

}  // namespace
}  // namespace pacedns::simulator::test
