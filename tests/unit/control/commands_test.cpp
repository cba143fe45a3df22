#include "pacedns/control/commands.hpp"

#include <sstream>

#include <gmock/gmock.h>

#include "fixtures.hpp"
#include "support/unix_server.hpp"

namespace pacedns::control {
namespace {

using test::http;
using test::UnixServer;
using testing::HasSubstr;
using testing::StartsWith;

class CommandsTest : public testing::Test {
 protected:
  [[nodiscard]] Console console(bool json = false) { return {out_, err_, json, false}; }

  /// Runs a command against a daemon that says this.
  template <typename Command>
  bool run(const std::string& reply, Command command) {
    UnixServer server({reply});
    const bool fine = command(Client({server.path(), "given by the test"}));
    requests_ = server.requests();
    return fine;
  }

  std::ostringstream out_;
  std::ostringstream err_;
  std::vector<std::string> requests_;
};

TEST_F(CommandsTest, Status) {
  EXPECT_TRUE(run(http(std::string(test::kStatus)),
                  [&](const Client& client) { return show_status(client, console()); }));
  EXPECT_THAT(out_.str(), StartsWith("pacedns 0.1.0, up 2 h 3 min"));
  EXPECT_EQ(err_.str(), "");
}

TEST_F(CommandsTest, JsonIsWhatTheDaemonSaysWithoutEscapeSequences) {
  const std::string body = "{\"version\":\"\\u001b\xc2\x9b\x7f\"}";
  EXPECT_TRUE(run(http(body), [&](const Client& client) { return show_status(client, console(true)); }));
  EXPECT_EQ(out_.str(), "{\"version\":\"\\u001b\\u009b\\u007f\"}\n");
}

TEST_F(CommandsTest, Explain) {
  EXPECT_TRUE(run(
      http(boost::json::serialize(test::explanation(test::kEntry, test::kFlight))),
      [&](const Client& client) { return show_explanation(client, console(), "/api/explain?x", 1012.5); }));
  EXPECT_THAT(out_.str(), HasSubstr("flight 17, 12 s ago"));
  EXPECT_THAT(requests_.at(0), StartsWith("GET /api/explain?x HTTP/1.1\r\n"));
}

TEST_F(CommandsTest, FlushPostsAndTellsWhatIsGone) {
  EXPECT_TRUE(run(http(R"({"removed":3,"flights_detached":0})"),
                  [&](const Client& client) { return flush_cache(client, console(), "/api/flush?all=1"); }));
  EXPECT_EQ(out_.str(), "3 responses removed from the cache\n");
  EXPECT_THAT(requests_.at(0), StartsWith("POST /api/flush?all=1 HTTP/1.1\r\n"));
  EXPECT_TRUE(run(http(R"({"removed":1,"flights_detached":2})"),
                  [&](const Client& client) { return flush_cache(client, console(), "/"); }));
  EXPECT_THAT(out_.str(), HasSubstr("1 response removed from the cache\n"
                                    "flights under way whose answers will not go into the cache: 2\n"));
}

TEST_F(CommandsTest, DumpGivesLines) {
  EXPECT_TRUE(run(http("; a. A\na. 1 IN TXT \"\x1b\""),
                  [&](const Client& client) { return dump_cache(client, console()); }));
  EXPECT_EQ(out_.str(), "; a. A\na. 1 IN TXT \"\\027\"\n");
  EXPECT_THAT(requests_.at(0), StartsWith("GET /api/dump HTTP/1.1\r\n"));
}

TEST_F(CommandsTest, DumpAsJson) {
  EXPECT_TRUE(run(http("{\"a\":\"\x7f\"}\n{}\n"),
                  [&](const Client& client) { return dump_cache(client, console(true)); }));
  EXPECT_EQ(out_.str(), "{\"a\":\"\\u007f\"}\n{}\n");
  EXPECT_THAT(requests_.at(0), StartsWith("GET /api/dump?format=json HTTP/1.1\r\n"));
}

TEST_F(CommandsTest, ADumpThatIsCutOffIsAFailure) {
  EXPECT_FALSE(run("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na\nb",
                   [&](const Client& client) { return dump_cache(client, console()); }));
  EXPECT_EQ(out_.str(), "a\nb\n");
  EXPECT_THAT(err_.str(), StartsWith("pacedns: pacedns closed the connection"));
}

TEST_F(CommandsTest, FailuresAreOneLineOnTheOtherStream) {
  EXPECT_FALSE(run(http(R"({"error":"no such type"})", "400 Bad Request"),
                   [&](const Client& client) { return show_explanation(client, console(), "/", 0); }));
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(err_.str(), "pacedns: no such type\n");
}

TEST_F(CommandsTest, AnOutputThatTakesNothingIsAFailure) {
  out_.setstate(std::ios::badbit);
  EXPECT_FALSE(run(http("{}"), [&](const Client& client) { return show_status(client, console()); }));
  EXPECT_FALSE(run(http("a\n"), [&](const Client& client) { return dump_cache(client, console()); }));
  EXPECT_EQ(err_.str(),
            "pacedns: the output could not be written\npacedns: the output could not be written\n");
}

}  // namespace
}  // namespace pacedns::control
