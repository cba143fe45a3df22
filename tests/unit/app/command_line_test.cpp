#include "pacedns/app/command_line.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <gmock/gmock.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "command_line.hpp"

namespace pacedns::app {
namespace {

using test::ConfigFile;
using test::Outcome;
using test::run;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(CommandLine, TellsItsVersion) {
  const Outcome outcome = run({"--version"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, StartsWith("pacedns "));
  EXPECT_THAT(outcome.err, IsEmpty());
}

TEST(CommandLine, HelpIsNoError) {
  const Outcome outcome = run({"--help"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_THAT(outcome.out, HasSubstr("--config"));
}

TEST(CommandLine, BadUsageIsTwo) {
  for (const auto& arguments : std::vector<std::vector<const char*>>{
           {"--no-such-option"}, {"no-such-command"}, {"-c"}, {"check", "run"}, {"check", "-x"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 2) << arguments.front();
    EXPECT_FALSE(outcome.err.empty());
  }
}

TEST(CommandLine, CheckTakesAGoodFile) {
  const ConfigFile file("upstream: { servers: [9.9.9.9] }\n");
  for (const auto& arguments :
       std::vector<std::vector<const char*>>{{"check", "-c", file.path()}, {"-c", file.path(), "check"}}) {
    const Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.err, IsEmpty());
  }
}

TEST(CommandLine, CheckNamesEveryErrorOfABadFile) {
  const ConfigFile file("upstream: { servers: [9.9.9.9], batch_size: 0 }\nworker: 1\n");
  const Outcome outcome = run({"check", "-c", file.path()});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr(std::string(file.path()) + ":1:"));
  EXPECT_THAT(outcome.err, HasSubstr("upstream.batch_size"));
  EXPECT_THAT(outcome.err, HasSubstr(std::string(file.path()) + ":2:1: worker"));
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 2);
}

TEST(CommandLine, AFileThatIsNotThereIsABadConfiguration) {
  EXPECT_EQ(run({"check", "-c", "/nowhere/pacedns.yaml"}).code, 2);
  EXPECT_EQ(run({"-c", "/nowhere/pacedns.yaml"}).code, 2);
  EXPECT_EQ(run({"run", "-c", "/nowhere/pacedns.yaml"}).code, 2);
}

TEST(CommandLine, AnAddressThatIsTakenIsARunTimeFailure) {
  boost::asio::io_context io;
  const boost::asio::ip::udp::socket taken(io, {boost::asio::ip::address_v4::loopback(), 0});
  const std::string address = "127.0.0.1:" + std::to_string(taken.local_endpoint().port());
  const ConfigFile file("listen: [\"" + address + "\"]\nworkers: 1\nupstream: { servers: [9.9.9.9] }\n");
  const auto before = spdlog::default_logger();
  const Outcome outcome = run({"-c", file.path()});
  spdlog::set_default_logger(before);
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("event=bind_failed address=" + address));
  EXPECT_THAT(outcome.err, HasSubstr("(pid " + std::to_string(::getpid()) + ")"));
}

}  // namespace
}  // namespace pacedns::app
