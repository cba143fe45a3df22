#include "pacedns/status/status_server.hpp"

#include <filesystem>

#include <boost/asio/error.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/json/parse.hpp>
#include <gmock/gmock.h>

#include "support/fake_subject.hpp"
#include "support/http_probe.hpp"

namespace pacedns::status {
namespace {

using namespace std::chrono_literals;
using test::HttpClient;
using test::HttpProbe;
using test::HttpResponse;
using test::loopback;
using testing::HasSubstr;

class StatusServerTest : public testing::Test {
 protected:
  /// Both, as the daemon does it.
  void serve(Privacy privacy = Privacy::Hashed) {
    ASSERT_FALSE(server_.listen(loopback()));
    ASSERT_FALSE(server_.open_control_socket(path_));
    server_.apply(HttpProbe::anybody(), privacy);
    server_.start();
  }

  HttpClient tcp() { return {loop_, server_.address()->tcp()}; }
  HttpClient local() { return {loop_, boost::asio::local::stream_protocol::endpoint(path_)}; }

  static std::string privacy(HttpClient client) {
    return boost::json::parse(client.get("/api/status").body()).at("privacy").as_string().c_str();
  }

  test::EventLoop loop_;
  test::TemporaryFolder folder_;
  std::string path_ = folder_ / "control.sock";
  test::FakeSubject subject_;
  StatusServer server_{loop_.io, subject_};
};

TEST_F(StatusServerTest, ServesPageMetricsAndStatusOverTcp) {
  serve();
  HttpClient client = tcp();
  EXPECT_THAT(client.get("/").body(), HasSubstr("<html"));
  EXPECT_THAT(client.get("/metrics").body(), HasSubstr("pacedns_queries_total"));
  EXPECT_EQ(boost::json::parse(client.get("/api/status").body()).at("pid"), 4711);
  EXPECT_EQ(client.get("/api/dump").result_int(), 404U);
  EXPECT_EQ(client.get("/api/explain?name=www.example").result_int(), 404U);
  const HttpResponse post = client.ask("POST /api/flush?all=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(post.result_int(), 405U);
  EXPECT_EQ(test::field(post, "Allow"), "GET");
}

TEST_F(StatusServerTest, ServesTheCommandsOverTheControlSocket) {
  serve();
  subject_.store(test::key_for("www.example."),
                 test::MessageBuilder("www.example.").response().answer("www.example. 300 IN A 192.0.2.1"));
  HttpClient client = local();
  EXPECT_THAT(client.get("/api/dump").body(), HasSubstr("www.example. 300 IN A 192.0.2.1\n"));
  const HttpResponse get = client.get("/api/flush?all=1");
  EXPECT_EQ(get.result_int(), 405U);
  EXPECT_EQ(test::field(get, "Allow"), "POST");
  EXPECT_EQ(client.ask("POST /api/flush?all=1 HTTP/1.1\r\nHost: localhost\r\n\r\n").body(),
            R"({"removed":1,"flights_detached":0})");
}

TEST_F(StatusServerTest, WithoutAddressAndPathThereIsNothing) {
  EXPECT_FALSE(server_.is_served());
  server_.apply(HttpProbe::anybody(), Privacy::Full);
  server_.start();
  EXPECT_EQ(server_.address(), std::nullopt);
  EXPECT_EQ(server_.refused_connections(), 0U);
  loop_.settle();
  EXPECT_TRUE(loop_.io.stopped()) << "nobody looks, so nothing is sampled";
  EXPECT_EQ(subject_.reports, 0U);
  server_.close();
}

TEST_F(StatusServerTest, EitherAloneIsServed) {
  ASSERT_FALSE(server_.open_control_socket(path_));
  EXPECT_TRUE(server_.is_served());
  EXPECT_EQ(server_.address(), std::nullopt);
  server_.start();
  EXPECT_EQ(privacy(local()), "full");
  StatusServer other(loop_.io, subject_);
  ASSERT_FALSE(other.listen(loopback()));
  EXPECT_TRUE(other.is_served());
  EXPECT_EQ(other.address()->address, loopback().address);
}

TEST_F(StatusServerTest, WhatCannotBeBoundIsAnErrorAndNotServed) {
  EXPECT_EQ(server_.listen(loopback("192.0.2.1")), boost::system::errc::address_not_available);
  EXPECT_TRUE(server_.open_control_socket(folder_ / "missing/control.sock"));
  EXPECT_FALSE(server_.is_served());
}

TEST_F(StatusServerTest, AReloadChangesThePrivacyOfTcpOnly) {
  serve(Privacy::Hashed);
  EXPECT_EQ(privacy(tcp()), "hashed");
  for (const auto& [shown, text] : {std::pair{Privacy::Hidden, "hidden"}, std::pair{Privacy::Full, "full"},
                                    std::pair{Privacy::Hashed, "hashed"}}) {
    server_.apply(HttpProbe::anybody(), shown);
    EXPECT_EQ(privacy(tcp()), text);
    EXPECT_EQ(privacy(local()), "full");
  }
}

TEST_F(StatusServerTest, AReloadChangesWhoMayLook) {
  serve();
  HttpClient before = tcp();
  EXPECT_EQ(before.get("/api/status").result_int(), 200U);
  server_.apply({net::Prefix::parse("192.0.2.0/24").value()}, Privacy::Hashed);
  EXPECT_EQ(before.read_to_end(), "") << "a connection that is open is closed";
  EXPECT_EQ(tcp().read_to_end(), "");
  EXPECT_EQ(server_.refused_connections(), 1U);
  EXPECT_EQ(local().get("/api/status").result_int(), 200U);
  server_.apply(HttpProbe::anybody(), Privacy::Hashed);
  EXPECT_EQ(tcp().get("/api/status").result_int(), 200U);
}

TEST_F(StatusServerTest, HashesAreHiddenWhereOthersMayLook) {
  ASSERT_FALSE(server_.listen(loopback("0.0.0.0")));
  server_.start();
  const auto shown = [&] { return privacy({loop_, loopback("127.0.0.1", server_.address()->port).tcp()}); };
  server_.apply(HttpProbe::anybody(), Privacy::Hashed);
  EXPECT_EQ(shown(), "hidden");
  server_.apply(HttpProbe::anybody(), Privacy::Full);
  EXPECT_EQ(shown(), "full") << "whoever asks for it has it";
  server_.apply(HttpProbe::anybody(), Privacy::Hidden);
  EXPECT_EQ(shown(), "hidden");
}

TEST_F(StatusServerTest, CloseEndsItAll) {
  serve();
  HttpClient open = tcp();
  EXPECT_EQ(open.get("/api/status").result_int(), 200U);
  const auto at = server_.address()->tcp();
  server_.close();
  EXPECT_EQ(open.read_to_end(), "");
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_THROW(HttpClient(loop_, at), boost::system::system_error);
  loop_.settle();
  EXPECT_TRUE(loop_.io.stopped()) << "neither connections nor the timer are left";
  server_.close();
}

TEST_F(StatusServerTest, SamplesAreTakenFromTheStartOn) {
  serve();
  EXPECT_EQ(subject_.reports, 1U);
  loop_.until([&] { return subject_.reports >= 2; });
  EXPECT_EQ(boost::json::parse(tcp().get("/api/history").body()).at("queries_per_s").as_array().size(), 1U);
}

TEST_F(StatusServerTest, ASampleThatIsDueWhenItIsClosedIsTheLast) {
  boost::asio::steady_timer closing(loop_.io, steady_now());
  closing.async_wait([&](boost::system::error_code) { server_.close(); });
  serve();
  // The thread is busy until both timers have expired, so that the server's handler is on its way.
  for (const TimePoint due = steady_now() + Timeline::kInterval; steady_now() < due;) {
  }
  loop_.settle();
  EXPECT_EQ(subject_.reports, 1U);
  EXPECT_TRUE(loop_.io.stopped());
}

}  // namespace
}  // namespace pacedns::status
