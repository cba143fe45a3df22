#include "pacedns/app/control_commands.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "command_line.hpp"
#include "support/unix_server.hpp"

namespace pacedns::app {
namespace {

using test::ConfigFile;
using test::http;
using test::Outcome;
using test::run;
using test::UnixServer;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr const char* kFlushed = R"({"removed":3,"flights_detached":0})";

/// What the daemon is asked by `pacedns ARGUMENTS --socket ...`.
std::string request_of(std::vector<const char*> arguments) {
  UnixServer server({http(kFlushed)});
  arguments.insert(arguments.end(), {"--socket", server.path().c_str()});
  const Outcome outcome = run(arguments);
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, IsEmpty());
  const auto& requests = server.requests();
  return requests.size() == 1 ? requests[0].substr(0, requests[0].find(" HTTP/1.1")) : "";
}

TEST(ControlCommands, AskForWhatWasTyped) {
  EXPECT_EQ(request_of({"status"}), "GET /api/status");
  EXPECT_EQ(request_of({"status", "--json"}), "GET /api/status");
  EXPECT_EQ(request_of({"explain", "a.example"}), "GET /api/explain?name=a.example&type=A");
  EXPECT_EQ(request_of({"explain", "a&b.example", "type65"}),
            "GET /api/explain?name=a%26b.example&type=type65");
  EXPECT_EQ(request_of({"explain", "run"}), "GET /api/explain?name=run&type=A");
  EXPECT_EQ(request_of({"flush", "a.example"}), "POST /api/flush?name=a.example");
  EXPECT_EQ(request_of({"flush", "dump"}), "POST /api/flush?name=dump");
  EXPECT_EQ(request_of({"flush", "--suffix", "example"}), "POST /api/flush?suffix=example");
  EXPECT_EQ(request_of({"flush", "--all"}), "POST /api/flush?all=1");
  EXPECT_EQ(request_of({"dump"}), "GET /api/dump");
  EXPECT_EQ(request_of({"dump", "--json"}), "GET /api/dump?format=json");
}

TEST(ControlCommands, BadUsageIsTwo) {
  for (const auto& arguments : std::vector<std::vector<const char*>>{{"explain"},
                                                                     {"explain", "a b"},
                                                                     {"explain", ""},
                                                                     {"explain", "a", "A", "x"},
                                                                     {"flush"},
                                                                     {"flush", "a", "--all"},
                                                                     {"flush", "a", "--suffix", "b"},
                                                                     {"flush", "--suffix", "b", "--all"},
                                                                     {"flush", "--suffix", ""},
                                                                     {"flush", "a", "b"},
                                                                     {"dump", "a"},
                                                                     {"dump", "--watch"},
                                                                     {"status", "dump"},
                                                                     {"status", "--socket"},
                                                                     {"status", "--socket", ""},
                                                                     {"run", "--json"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << arguments.front() << ' ' << arguments.back();
    EXPECT_FALSE(outcome.err.empty());
    EXPECT_THAT(outcome.out, IsEmpty());
  }
}

TEST(ControlCommands, TheConfigurationNamesTheSocket) {
  UnixServer server({http(kFlushed)});
  const ConfigFile file("upstream: { servers: [9.9.9.9] }\ncontrol: { socket: \"" + server.path() + "\" }\n");
  const Outcome outcome = run({"flush", "--all", "-c", file.path()});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "3 responses removed from the cache\n");
}

TEST(ControlCommands, TheOptionCountsMoreThanAnyConfiguration) {
  UnixServer server({http(kFlushed)});
  EXPECT_EQ(run({"-c", "/nowhere/pacedns.yaml", "flush", "--all", "--socket", server.path().c_str()}).code,
            0);
}

TEST(ControlCommands, AConfigurationWithoutASocketIsSaid) {
  const ConfigFile file("upstream: { servers: [9.9.9.9] }\ncontrol: { socket: off }\n");
  const Outcome outcome = run({"status", "-c", file.path()});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, StartsWith("pacedns: there is no control socket: control.socket is off in "));
}

TEST(ControlCommands, AConfigurationThatWasNamedMustBeGood) {
  const Outcome missing = run({"flush", "--all", "-c", "/nowhere/pacedns.yaml"});
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.err, HasSubstr("/nowhere/pacedns.yaml"));
  const ConfigFile file("control: { sockets: auto }\n");
  const Outcome bad = run({"status", "-c", file.path()});
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, HasSubstr("control.sockets"));
}

TEST(ControlCommands, ADaemonThatIsNotThereIsOne) {
  const std::string path = test::socket_path();
  for (const auto& arguments : std::vector<std::vector<const char*>>{
           {"status"}, {"status", "--watch"}, {"explain", "a"}, {"flush", "--all"}, {"dump"}}) {
    auto all = arguments;
    all.insert(all.end(), {"--socket", path.c_str()});
    const Outcome outcome = run(all);
    EXPECT_EQ(outcome.code, 1);
    EXPECT_EQ(outcome.err,
              "pacedns: there is no socket " + path +
                  ": pacedns does not run, or its control socket is elsewhere (given with --socket)\n");
  }
}

TEST(ControlCommands, TheDaemonsErrorIsOne) {
  UnixServer server({http(R"({"error":"there is no type XYZZY"})", "400 Bad Request")});
  const Outcome outcome = run({"explain", "a.example", "XYZZY", "--socket", server.path().c_str()});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_EQ(outcome.err, "pacedns: there is no type XYZZY\n");
}

}  // namespace
}  // namespace pacedns::app
