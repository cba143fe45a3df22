#include "pacedns/control/watch.hpp"

#include <optional>
#include <sstream>

#include <gmock/gmock.h>

#include "fixtures.hpp"
#include "support/unix_server.hpp"

namespace pacedns::control {
namespace {

using test::http;
using test::UnixServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string status(int pid) {
  return http(R"({"version":"0.1.0","pid":)" + std::to_string(pid) + "}");
}

class WatchTest : public testing::Test {
 protected:
  /// Watches as long as there are replies; returns what was written to the output in each round.
  std::vector<std::string> watch(const std::vector<std::string>& replies, bool json, bool terminal) {
    UnixServer server(replies);
    std::ostringstream out;
    std::vector<std::string> rounds;
    fine_ = watch_status(Client({server.path(), "given by the test"}), {out, err_, json, terminal}, [&] {
      rounds.push_back(out.str());
      out.str("");
      return rounds.size() < replies.size();
    });
    return rounds;
  }

  std::ostringstream err_;
  bool fine_ = false;
};

TEST_F(WatchTest, ATerminalIsClearedEachTime) {
  const auto rounds = watch({status(1), status(1)}, false, true);
  ASSERT_EQ(rounds.size(), 2U);
  for (const std::string& round : rounds)
    EXPECT_THAT(round, StartsWith("\x1b[H\x1b[2J"));
  EXPECT_TRUE(fine_);
}

TEST_F(WatchTest, ElsewhereItIsBlocks) {
  for (const std::string& round : watch({status(1), status(1)}, false, false)) {
    EXPECT_THAT(round, StartsWith("pacedns 0.1.0"));
    EXPECT_TRUE(test::is_plain(round));
    EXPECT_EQ(round.substr(round.size() - 2), "\n\n");
  }
}

TEST_F(WatchTest, GoesOnWhenTheDaemonRestarts) {
  const auto rounds = watch({status(1), "", status(2), status(2), status(3)}, false, false);
  ASSERT_EQ(rounds.size(), 5U);
  EXPECT_THAT(rounds[0], Not(HasSubstr("restarted")));
  EXPECT_THAT(rounds[1],
              AllOf(HasSubstr("closed the connection"), HasSubstr("Waiting for it to come back.")));
  EXPECT_THAT(rounds[2], HasSubstr("pacedns was restarted while this ran: its counts began anew"));
  EXPECT_THAT(rounds[4], HasSubstr("restarted while this ran, 2 times:"));
  EXPECT_TRUE(fine_);
}

TEST_F(WatchTest, JsonIsALineEach) {
  const auto rounds = watch({status(1), "", status(1)}, true, true);
  ASSERT_EQ(rounds.size(), 3U);
  EXPECT_EQ(rounds[0], "{\"version\":\"0.1.0\",\"pid\":1}\n");
  EXPECT_EQ(rounds[1], "");
  EXPECT_EQ(rounds[2], rounds[0]);
  EXPECT_THAT(err_.str(), HasSubstr("closed the connection"));
}

TEST_F(WatchTest, ADaemonThatIsNotThereAtTheBeginningIsAFailure) {
  EXPECT_TRUE(watch({""}, false, false).empty());
  EXPECT_FALSE(fine_);
  EXPECT_THAT(err_.str(), StartsWith("pacedns: "));
}

}  // namespace
}  // namespace pacedns::control
