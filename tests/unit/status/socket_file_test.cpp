#include "pacedns/status/socket_file.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/loopback.hpp"
#include "support/temporary_folder.hpp"

namespace pacedns::status {
namespace {

namespace errc = boost::system::errc;
using Local = boost::asio::local::stream_protocol;

class SocketFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] auto bind() { return bind_socket_file(loop_.io, path_); }

  [[nodiscard]] mode_t mode() const {
    struct stat status {};
    EXPECT_EQ(::lstat(path_.c_str(), &status), 0);
    return status.st_mode & 07777;
  }

  /// Whether somebody listens there.
  [[nodiscard]] bool connects() {
    Local::socket client(loop_.io);
    boost::system::error_code error;
    client.connect(Local::endpoint(path_), error);
    return !error;
  }

  /// As a process leaves it that is killed.
  void leave_stale_file() {
    Local::acceptor dead(loop_.io, Local::endpoint(path_));
    dead.close();
    ASSERT_TRUE(std::filesystem::is_socket(path_));
  }

  test::EventLoop loop_;
  test::TemporaryFolder folder_;
  std::string path_ = folder_ / "socket";
};

TEST_F(SocketFileTest, TheModeIsTheSameWhateverTheUmask) {
  for (const mode_t mask : {0U, 022U, 077U, 0777U}) {
    const mode_t before = ::umask(mask);
    const auto bound = bind();
    ::umask(before);
    ASSERT_TRUE(bound.has_value()) << bound.error().message();
    EXPECT_EQ(mode(), 0660U) << std::oct << mask;
  }
}

TEST_F(SocketFileTest, TheFileGoesWithItsOwner) {
  {
    const auto bound = bind().value();
    EXPECT_TRUE(bound.file.there());
    EXPECT_TRUE(connects());
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(SocketFileTest, AStaleFileIsReplaced) {
  leave_stale_file();
  const auto bound = bind();
  ASSERT_TRUE(bound.has_value()) << bound.error().message();
  EXPECT_TRUE(connects());
  EXPECT_EQ(mode(), 0660U);
}

TEST_F(SocketFileTest, ALiveOneIsLeftAlone) {
  const auto first = bind().value();
  EXPECT_EQ(bind().error(), boost::asio::error::address_in_use);
  EXPECT_TRUE(first.file.there());
  EXPECT_TRUE(connects());
}

TEST_F(SocketFileTest, OneWhoseQueueIsFullIsLive) {
  Local::acceptor busy(loop_.io, Local::endpoint(path_));
  busy.listen(0);
  Local::socket waiting(loop_.io);
  waiting.connect(Local::endpoint(path_));
  EXPECT_EQ(bind().error(), boost::asio::error::address_in_use);
  EXPECT_TRUE(std::filesystem::is_socket(path_));
}

TEST_F(SocketFileTest, WhatIsNoSocketIsNeverRemoved) {
  folder_.write("socket", "precious");
  EXPECT_EQ(bind().error(), errc::not_a_socket);
  EXPECT_TRUE(std::filesystem::is_regular_file(path_));
  std::filesystem::remove(path_);

  std::filesystem::create_directory(path_);
  EXPECT_EQ(bind().error(), errc::not_a_socket);
  EXPECT_TRUE(std::filesystem::is_directory(path_));
  std::filesystem::remove(path_);

  std::filesystem::create_symlink("nowhere", path_);
  EXPECT_EQ(bind().error(), errc::not_a_socket);
  EXPECT_TRUE(std::filesystem::is_symlink(path_));
}

TEST_F(SocketFileTest, AFileThatIsNoLongerOursIsNotRemoved) {
  auto bound = bind().value();
  std::filesystem::remove(path_);
  const Local::acceptor next(loop_.io, Local::endpoint(path_));
  EXPECT_FALSE(bound.file.there());
  bound.file.remove();
  EXPECT_TRUE(std::filesystem::is_socket(path_));
}

TEST_F(SocketFileTest, IsRemovedOnceAndByWhoHasItLast) {
  auto bound = bind().value();
  SocketFile moved(std::move(bound.file));
  EXPECT_TRUE(moved.there());
  SocketFile assigned;
  assigned = std::move(moved);
  EXPECT_TRUE(assigned.there());
  EXPECT_EQ(assigned.path(), path_);
  { const SocketFile gone(std::move(assigned)); }
  EXPECT_FALSE(std::filesystem::exists(path_));
  bound.acceptor.close();
  const Local::acceptor next(loop_.io, Local::endpoint(path_));
  EXPECT_TRUE(std::filesystem::is_socket(path_));
}

TEST_F(SocketFileTest, APathThatCannotBeBoundIsAnError) {
  for (const std::string& path : {std::string(""), std::string("relative"), std::string("/tmp/\0x", 7)})
    EXPECT_EQ(bind_socket_file(loop_.io, path).error(), errc::invalid_argument) << path;
  const std::string longest = path_ + std::string(107 - path_.size(), 'a');
  EXPECT_TRUE(bind_socket_file(loop_.io, longest).has_value());
  EXPECT_EQ(bind_socket_file(loop_.io, longest + "a").error(), errc::filename_too_long);
  EXPECT_EQ(bind_socket_file(loop_.io, folder_ / "missing/socket").error(), errc::no_such_file_or_directory);
}

}  // namespace
}  // namespace pacedns::status
