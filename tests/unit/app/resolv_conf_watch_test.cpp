#include "pacedns/app/resolv_conf_watch.hpp"

#include <sys/stat.h>

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "pacedns/config/loader.hpp"

#include "support/loopback.hpp"
#include "support/temporary_folder.hpp"

namespace pacedns::app {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ResolvConfWatchTest : public testing::Test {
 protected:
  ResolvConfWatchTest() : logger_before_(spdlog::default_logger()) {
    const auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(log_);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", sink));
  }
  ~ResolvConfWatchTest() override { spdlog::set_default_logger(logger_before_); }

  void follow(const std::string& name, const std::string& more = "",
              const std::string& listen = "127.0.0.1") {
    const std::string text = "listen: ['" + listen + "']\nupstream: { resolv_conf: '" +
                             (name == "off" ? name : (folder_ / name).string()) + "'" + more + " }";
    const auto loaded = config::load_text(text, "f");
    ASSERT_TRUE(loaded) << to_string(loaded.errors.front());
    watch_.follow(loaded.config);
  }

  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const auto& server : watch_.servers())
      names.push_back(server.name);
    return names;
  }

  /// After all that has happened until now has been noticed.
  std::vector<std::string> names_now() {
    loop_.settle();
    return names();
  }

  /// What has been logged since the last time.
  std::string said() {
    loop_.settle();
    std::string text = log_.str();
    log_.str("");
    return text;
  }

  std::ostringstream log_;
  std::shared_ptr<spdlog::logger> logger_before_;
  test::TemporaryFolder folder_;
  test::EventLoop loop_;
  int changes_ = 0;
  ResolvConfWatch watch_{loop_.io, [this] { ++changes_; }};
};

constexpr const char* kOne = "nameserver 192.0.2.1\n";
constexpr const char* kTwo = "nameserver 192.0.2.2\n";

TEST_F(ResolvConfWatchTest, ReadsTheFileAtOnce) {
  folder_.write("file", kOne);
  follow("file");
  EXPECT_THAT(names(), ElementsAre("192.0.2.1"));
  EXPECT_EQ(changes_, 0);
  EXPECT_THAT(said(), HasSubstr("event=resolv_conf_read path=\"" + (folder_ / "file").string() +
                                "\" upstreams=1 addresses=192.0.2.1"));
}

TEST_F(ResolvConfWatchTest, AFileThatIsCreatedLater) {
  follow("file");
  EXPECT_THAT(names(), IsEmpty());
  EXPECT_THAT(said(), HasSubstr("event=resolv_conf_not_used"));
  folder_.write("other", kTwo);
  EXPECT_THAT(said(), Not(HasSubstr("event"))) << "missing as before";
  folder_.write("file", kOne);
  EXPECT_THAT(names_now(), ElementsAre("192.0.2.1"));
  EXPECT_EQ(changes_, 1);
}

TEST_F(ResolvConfWatchTest, AFolderThatIsCreatedLater) {
  follow("a/b/file");
  fs::create_directories(folder_ / "a/b");
  folder_.write("a/b/file", kOne);
  EXPECT_THAT(names_now(), ElementsAre("192.0.2.1"));
  fs::remove_all(folder_ / "a");
  loop_.settle();
  fs::create_directory(folder_ / "a");
  loop_.settle();
  fs::create_directory(folder_ / "a/b");
  loop_.settle();
  folder_.write("a/b/file", kTwo);
  EXPECT_THAT(names_now(), ElementsAre("192.0.2.2"));
  EXPECT_EQ(changes_, 2);
}

TEST_F(ResolvConfWatchTest, AFileThatIsReplaced) {
  folder_.write("file", kOne);
  follow("file");
  for (int i = 0; i < 3; ++i) {
    folder_.replace("file", kTwo);
    EXPECT_THAT(names_now(), ElementsAre("192.0.2.2"));
    folder_.write("file", kOne);
    EXPECT_THAT(names_now(), ElementsAre("192.0.2.1"));
  }
  EXPECT_EQ(changes_, 6);
}

TEST_F(ResolvConfWatchTest, ALinkThatIsSwitched) {
  fs::create_directory(folder_ / "a");
  fs::create_directory(folder_ / "b");
  folder_.write("a/file", kOne);
  folder_.write("b/file", kTwo);
  fs::create_symlink("a/file", folder_ / "link");
  follow("link");
  EXPECT_THAT(names(), ElementsAre("192.0.2.1"));
  fs::create_symlink("b/file", folder_ / "next");
  fs::rename(folder_ / "next", folder_ / "link");
  EXPECT_THAT(names_now(), ElementsAre("192.0.2.2"));
  folder_.replace("b/file", kOne);
  EXPECT_THAT(names_now(), ElementsAre("192.0.2.1")) << "the folder of the new target is watched";
}

TEST_F(ResolvConfWatchTest, AFileThatVanishesOrIsEmptyLeavesTheLastServers) {
  folder_.write("file", kOne);
  follow("file");
  said();
  fs::remove(folder_ / "file");
  EXPECT_THAT(said(), HasSubstr("reason=\"No such file or directory\" kept_upstreams=1 addresses=192.0.2.1"));
  folder_.write("file", "# no network\n");
  EXPECT_THAT(said(), HasSubstr("reason=\"it names no server\" kept_upstreams=1"));
  EXPECT_THAT(names(), ElementsAre("192.0.2.1"));
  EXPECT_EQ(changes_, 0);
  folder_.write("file", kOne);
  EXPECT_THAT(said(), HasSubstr("event=resolv_conf_read"));
  EXPECT_EQ(changes_, 0);
}

TEST_F(ResolvConfWatchTest, WhatCannotBeReadLeavesTheLastServers) {
  folder_.write("file", kOne);
  follow("file");
  fs::remove(folder_ / "file");
  fs::create_directory(folder_ / "file");
  EXPECT_THAT(said(), HasSubstr("reason=\"it is not a regular file\" kept_upstreams=1"));
  fs::remove(folder_ / "file");
  ASSERT_EQ(mkfifo((folder_ / "file").c_str(), 0600), 0);
  EXPECT_THAT(names_now(), ElementsAre("192.0.2.1")) << "and it does not wait for a writer";
  fs::remove(folder_ / "file");
  folder_.write("file", kTwo + std::string(65536, '#'));
  EXPECT_THAT(said(), HasSubstr("reason=\"it is larger than 65536 octets\""));
  fs::remove(folder_ / "file");
  fs::create_symlink("file", folder_ / "file");
  EXPECT_THAT(said(), HasSubstr("reason=\"Too many levels of symbolic links\""));
  EXPECT_THAT(names(), ElementsAre("192.0.2.1"));
  EXPECT_EQ(changes_, 0);
}

TEST_F(ResolvConfWatchTest, TheSameServersAreNoChange) {
  folder_.write("file", kOne);
  follow("file");
  said();
  folder_.replace("file", "# another day\nsearch example.org\n" + std::string(kOne));
  EXPECT_THAT(names_now(), ElementsAre("192.0.2.1"));
  EXPECT_EQ(changes_, 0);
  EXPECT_EQ(said(), "");
  folder_.write("file", kTwo + std::string(kOne));
  EXPECT_THAT(names_now(), ElementsAre("192.0.2.2", "192.0.2.1"));
  EXPECT_EQ(changes_, 1);
}

TEST_F(ResolvConfWatchTest, WeAreLeftOutAndThatIsSaidOnce) {
  folder_.write("file", "nameserver 127.0.0.1\n" + std::string(kOne));
  follow("file");
  EXPECT_THAT(names(), ElementsAre("192.0.2.1"));
  EXPECT_THAT(said(), HasSubstr("event=resolv_conf_left_out path=\"" + (folder_ / "file").string() +
                                "\" address=127.0.0.1 reason=\"it is our own listening address "
                                "127.0.0.1:53\""));
  folder_.write("file", "nameserver 127.0.0.1\n" + std::string(kTwo));
  EXPECT_THAT(said(), Not(HasSubstr("left_out")));
  EXPECT_THAT(names(), ElementsAre("192.0.2.2"));
}

TEST_F(ResolvConfWatchTest, EveryAddressOfThisMachineIsUsWhereWeListenOnAll) {
  folder_.write("file", "nameserver 127.0.0.9\n" + std::string(kOne));
  follow("file", "", "0.0.0.0");
  EXPECT_THAT(names(), ElementsAre("192.0.2.1"));
}

TEST_F(ResolvConfWatchTest, NobodyButOurselvesLeavesTheLastServers) {
  folder_.write("file", kOne);
  follow("file");
  folder_.write("file", "nameserver 127.0.0.1\n");
  EXPECT_THAT(said(), HasSubstr("reason=\"it names no server but ourselves\" kept_upstreams=1"));
  EXPECT_THAT(names(), ElementsAre("192.0.2.1"));
}

TEST_F(ResolvConfWatchTest, BadLinesAreSaidOnce) {
  folder_.write("file", "nameserver dns.example\n" + std::string(kOne));
  follow("file");
  EXPECT_THAT(said(), HasSubstr("event=resolv_conf_line_skipped path=\"" + (folder_ / "file").string() +
                                "\" reason=\"line 1: 'dns.example' is a host name"));
  folder_.write("file", "nameserver dns.example\n" + std::string(kTwo));
  EXPECT_THAT(said(), Not(HasSubstr("skipped")));
}

TEST_F(ResolvConfWatchTest, AReloadMayNameOtherServersAnotherFileOrNone) {
  folder_.write("file", kOne + std::string(kTwo));
  folder_.write("other", kTwo);
  follow("file");
  EXPECT_THAT(names(), ElementsAre("192.0.2.1", "192.0.2.2"));
  follow("file", ", servers: [192.0.2.1]");
  EXPECT_THAT(names(), ElementsAre("192.0.2.2")) << "the other one is configured";
  follow("other");
  EXPECT_THAT(names(), ElementsAre("192.0.2.2"));
  folder_.write("file", kOne);
  EXPECT_THAT(names_now(), ElementsAre("192.0.2.2")) << "not this file's matter any more";
  follow("missing");
  EXPECT_THAT(names(), IsEmpty()) << "what another file named is not kept";
  follow("off", ", servers: [192.0.2.1]");
  folder_.write("missing", kTwo);
  EXPECT_THAT(names_now(), IsEmpty());
  EXPECT_EQ(changes_, 0);
}

}  // namespace
}  // namespace pacedns::app
