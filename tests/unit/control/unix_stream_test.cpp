#include "pacedns/control/unix_stream.hpp"

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include <boost/asio/error.hpp>
#include <gtest/gtest.h>

#include "support/unix_server.hpp"

namespace pacedns::control {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;

TEST(UnixStream, WritesAndReads) {
  test::UnixServer server({"hello"});
  UnixStream stream;
  error_code error;
  stream.connect(server.path(), 5s, error);
  ASSERT_FALSE(error) << error.message();
  const std::string head = "x\r\n\r\n";
  const std::vector<boost::asio::const_buffer> two{boost::asio::const_buffer(), boost::asio::buffer(head)};
  EXPECT_EQ(stream.write_some(two), head.size());
  std::array<char, 16> piece{};
  EXPECT_EQ(stream.read_some(boost::asio::buffer(piece)), 5U);
  EXPECT_EQ(stream.read_some(boost::asio::buffer(piece), error), 0U);
  EXPECT_EQ(error, boost::asio::error::eof);
  EXPECT_THROW(stream.read_some(boost::asio::buffer(piece)), boost::system::system_error);
}

TEST(UnixStream, GivesUpOnASilentPeer) {
  const test::ListeningUnixSocket silent;
  UnixStream stream;
  error_code error;
  stream.connect(silent.path(), 1ms, error);
  ASSERT_FALSE(error) << error.message();
  std::array<char, 16> piece{};
  EXPECT_EQ(stream.read_some(boost::asio::buffer(piece), error), 0U);
  EXPECT_EQ(error, boost::asio::error::timed_out);
  const std::string much(std::size_t{1} << 20, 'x');
  for (int i = 0; i < 100 && (i == 0 || !error); ++i)
    stream.write_some(boost::asio::buffer(much), error);
  EXPECT_EQ(error, boost::asio::error::timed_out);
}

TEST(UnixStream, GivesUpOnAFullQueue) {
  const test::ListeningUnixSocket full(0);
  UnixStream first;
  error_code error;
  first.connect(full.path(), 1ms, error);
  ASSERT_FALSE(error) << error.message();
  UnixStream second;
  second.connect(full.path(), 1ms, error);
  EXPECT_EQ(error, boost::asio::error::timed_out);
}

TEST(UnixStream, SaysWhyItCannotConnect) {
  error_code error;
  UnixStream().connect(test::socket_path(), 5s, error);
  EXPECT_EQ(error, boost::system::errc::no_such_file_or_directory);
  UnixStream().connect(std::string(200, 'x'), 5s, error);
  EXPECT_EQ(error, boost::asio::error::name_too_long);
  UnixStream().connect(PACEDNS_SOURCE_DIR "/CMakeLists.txt", 5s, error);
  EXPECT_EQ(error, boost::asio::error::connection_refused);
}

}  // namespace
}  // namespace pacedns::control
