#include "pacedns/app/path_watch.hpp"

#include <sys/inotify.h>

#include <gmock/gmock.h>

#include "support/descriptor_limit_guard.hpp"
#include "support/loopback.hpp"
#include "support/temporary_folder.hpp"

namespace pacedns::app {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class WatchList : public testing::Test {
 protected:
  /// Names of what is watched below the folder; for a folder in which anything counts with a slash behind.
  std::vector<std::string> watched(const std::string& name) {
    std::vector<std::string> names;
    for (const auto& [path, events] : watch_list(folder_ / name)) {
      const std::string below = fs::path(path).lexically_relative(folder_.path());
      if (below.starts_with("..")) {
        EXPECT_EQ(events & IN_CREATE, 0U) << path << " is on the way only";
        EXPECT_NE(events & IN_MOVE_SELF, 0U) << path;
      } else {
        names.push_back(below + ((events & IN_CREATE) != 0 ? "/" : ""));
      }
    }
    return names;
  }

  test::TemporaryFolder folder_;
};

TEST_F(WatchList, HasTheFileAndItsFolder) {
  folder_.write("file", "");
  EXPECT_THAT(watched("file"), UnorderedElementsAre("./", "file"));
  EXPECT_THAT(watched("./file"), UnorderedElementsAre("./", "file"));
  EXPECT_THAT(watched("missing"), ElementsAre("./"));
}

TEST_F(WatchList, HasFoldersOnTheWayOnlyForGoingAway) {
  fs::create_directories(folder_ / "a/b");
  folder_.write("a/b/file", "");
  EXPECT_THAT(watched("a/b/file"), UnorderedElementsAre(".", "a", "a/b/", "a/b/file"));
  EXPECT_THAT(watched("a/b/../b/file"), UnorderedElementsAre(".", "a", "a/b/", "a/b/file"));
}

TEST_F(WatchList, HasTheNearestFolderThatIsThere) {
  fs::create_directory(folder_ / "a");
  folder_.write("file", "");
  EXPECT_THAT(watched("a/b/c/file"), UnorderedElementsAre(".", "a/"));
  EXPECT_THAT(watched("file/b"), ElementsAre("./")) << "no folder, but it may become one";
}

TEST_F(WatchList, FollowsLinksToFilesAndFolders) {
  fs::create_directories(folder_ / "a");
  fs::create_directories(folder_ / "b");
  folder_.write("b/file", "");
  fs::create_symlink("../b/file", folder_ / "a/link");
  EXPECT_THAT(watched("a/link"), UnorderedElementsAre(".", "a/", "b/", "b/file"));
  fs::create_symlink(folder_ / "b", folder_ / "now");
  EXPECT_THAT(watched("now/file"), UnorderedElementsAre("./", "b/", "b/file"));
  fs::create_symlink("c/file", folder_ / "dangling");
  EXPECT_THAT(watched("dangling"), ElementsAre("./"));
}

TEST_F(WatchList, EndsWhereLinksGoInCircles) {
  fs::create_symlink("two", folder_ / "one");
  fs::create_symlink("one", folder_ / "two");
  EXPECT_THAT(watched("one"), ElementsAre("./"));
}

class PathWatchTest : public testing::Test {
 protected:
  /// Whether what `change` does is told.
  template <typename Change>
  bool tells(Change change) {
    loop_.settle();
    const int before = events_;
    change();
    loop_.settle();
    return events_ > before;
  }

  test::TemporaryFolder folder_;
  test::EventLoop loop_;
  int events_ = 0;
  PathWatch watch_{loop_.io, [this] { ++events_; }};
};

TEST_F(PathWatchTest, TellsWhatHappensToTheFile) {
  watch_.watch(folder_ / "file");
  EXPECT_FALSE(tells([] {}));
  EXPECT_TRUE(tells([&] { folder_.write("file", "1"); }));
  EXPECT_TRUE(tells([&] { folder_.write("file", "2"); }));
  EXPECT_TRUE(tells([&] { folder_.replace("file", "3"); }));
  EXPECT_TRUE(tells([&] { folder_.write("file", "4"); }));
  EXPECT_TRUE(tells([&] { fs::permissions(folder_ / "file", fs::perms::owner_read); }));
  EXPECT_TRUE(tells([&] { fs::remove(folder_ / "file"); }));
  EXPECT_TRUE(tells([&] { fs::create_directory(folder_ / "file"); }));
}

TEST_F(PathWatchTest, TellsOfAFileThatComesFromElsewhere) {
  fs::create_directory(folder_ / "elsewhere");
  folder_.write("elsewhere/file", "");
  watch_.watch(folder_ / "file");
  EXPECT_TRUE(tells([&] { fs::rename(folder_ / "elsewhere/file", folder_ / "file"); }));
  EXPECT_TRUE(tells([&] { fs::rename(folder_ / "file", folder_ / "elsewhere/file"); }));
}

// As with a file that is mounted over another: the folder that it is written in is not on the way.
TEST_F(PathWatchTest, TellsWhatIsWrittenByAnotherName) {
  fs::create_directory(folder_ / "elsewhere");
  folder_.write("file", "");
  fs::create_hard_link(folder_ / "file", folder_ / "elsewhere/file");
  watch_.watch(folder_ / "file");
  EXPECT_TRUE(tells([&] { folder_.write("elsewhere/file", "1"); }));
}

TEST_F(PathWatchTest, TellsWhatHappensOnTheWay) {
  watch_.watch(folder_ / "a/b/file");
  EXPECT_TRUE(tells([&] { fs::create_directory(folder_ / "a"); }));
  EXPECT_TRUE(tells([&] { fs::create_directory(folder_ / "a/b"); }));
  EXPECT_TRUE(tells([&] { folder_.write("a/b/file", ""); }));
  EXPECT_TRUE(tells([&] { fs::rename(folder_ / "a", folder_ / "away"); }));
  EXPECT_TRUE(tells([&] { fs::rename(folder_ / "away", folder_ / "a"); }));
  EXPECT_TRUE(tells([&] { fs::remove_all(folder_ / "a/b"); }));
  EXPECT_TRUE(tells([&] { fs::create_symlink("..", folder_ / "a/b"); }));
  EXPECT_TRUE(tells([&] { folder_.write("file", ""); }));
}

TEST_F(PathWatchTest, DoesNotTellWhatHappensBesideTheWay) {
  fs::create_directories(folder_ / "a/b");
  folder_.write("a/b/file", "");
  watch_.watch(folder_ / "a/b/file");
  EXPECT_FALSE(tells([&] { folder_.write("a/other", ""); }));
  fs::rename(folder_ / "a/b", folder_ / "a/away");
  loop_.settle();
  EXPECT_FALSE(tells([&] { folder_.write("a/away/file", "1"); })) << "no longer at that path";
}

TEST_F(PathWatchTest, WatchesAnotherPathOrNone) {
  watch_.watch(folder_ / "one");
  fs::create_directory(folder_ / "a");
  watch_.watch(folder_ / "a/two");
  EXPECT_FALSE(tells([&] { folder_.write("one", ""); }));
  EXPECT_TRUE(tells([&] { folder_.write("a/two", ""); }));
  watch_.watch("");
  EXPECT_FALSE(tells([&] { folder_.write("a/two", ""); }));
  watch_.watch(folder_ / "one");
  EXPECT_TRUE(tells([&] { folder_.write("one", ""); }));
}

// No fixture: where there are no descriptors, UBSan cannot check the type of a polymorphic object.
TEST(PathWatchWithoutInotify, TellsAgainAndAgainUntilThereIsOne) {
  const test::TemporaryFolder folder;
  test::EventLoop loop;
  int events = 0;
  PathWatch watch(
      loop.io, [&] { ++events; }, std::chrono::milliseconds(1));
  {
    const test::DescriptorLimitGuard none(0);
    watch.watch(folder / "file");
    loop.until([&] { return events >= 3; });
  }
  const int before = events;
  loop.until([&] { return events > before; });
  const int polled = events;
  loop.io.restart();
  loop.io.run_for(std::chrono::milliseconds(20));
  EXPECT_EQ(events, polled) << "the polling is over";
  folder.write("file", "");
  loop.settle();
  EXPECT_GT(events, polled);
}

TEST(PathWatchWithoutInotify, TellsNothingOfNoPath) {
  const test::TemporaryFolder folder;
  test::EventLoop loop;
  int events = 0;
  PathWatch watch(
      loop.io, [&] { ++events; }, std::chrono::milliseconds(1));
  const test::DescriptorLimitGuard none(0);
  watch.watch(folder / "file");
  watch.watch("");
  loop.io.restart();
  loop.io.run_for(std::chrono::milliseconds(20));
  EXPECT_EQ(events, 0);
}

}  // namespace
}  // namespace pacedns::app
