#include "pacedns/control/connection_failure.hpp"

#include <chrono>

#include <boost/asio/error.hpp>
#include <gmock/gmock.h>

namespace pacedns::control {
namespace {

using namespace std::chrono_literals;
using Kind = Failure::Kind;
using testing::AllOf;
using testing::HasSubstr;
namespace errc = boost::system::errc;

const ControlSocket kSocket{"/run/x.sock", "control.socket in x.yaml"};

Failure connecting(errc::errc_t error) {
  return connecting_failed(errc::make_error_code(error), kSocket, 5s);
}

TEST(ConnectionFailure, SaysWhatToDoAboutTheSocket) {
  EXPECT_EQ(connecting(errc::no_such_file_or_directory).kind, Kind::SocketMissing);
  EXPECT_THAT(
      connecting(errc::no_such_file_or_directory).message,
      AllOf(HasSubstr("/run/x.sock"), HasSubstr("does not run"), HasSubstr("control.socket in x.yaml")));
  EXPECT_EQ(connecting(errc::not_a_directory).kind, Kind::SocketMissing);
  EXPECT_EQ(connecting(errc::permission_denied).kind, Kind::Denied);
  EXPECT_EQ(connecting(errc::permission_denied).message,
            "permission denied: run it as root or as a member of the group that owns /run/x.sock");
  EXPECT_EQ(connecting(errc::connection_refused).kind, Kind::Refused);
  EXPECT_THAT(connecting(errc::connection_refused).message, HasSubstr("left behind"));
  EXPECT_EQ(connecting(errc::timed_out).kind, Kind::NoReply);
  EXPECT_EQ(connecting(errc::too_many_files_open).kind, Kind::Other);
  EXPECT_THAT(connecting(errc::too_many_files_open).message, HasSubstr("Too many open files"));
}

TEST(ConnectionFailure, SaysHowLongItWaited) {
  EXPECT_THAT(connecting(errc::timed_out).message, HasSubstr("within 5 s"));
  const auto failure = exchange_failed(boost::asio::error::timed_out, kSocket, 20ms);
  EXPECT_EQ(failure.kind, Kind::NoReply);
  EXPECT_THAT(failure.message, HasSubstr("within 20 ms"));
}

TEST(ConnectionFailure, SaysWhatAnExchangeBrokeOffWith) {
  const auto reset = exchange_failed(boost::asio::error::connection_reset, kSocket, 5s);
  EXPECT_EQ(reset.kind, Kind::BadReply);
  EXPECT_THAT(reset.message, HasSubstr("closed the connection"));
  EXPECT_THAT(exchange_failed(boost::asio::error::invalid_argument, kSocket, 5s).message,
              AllOf(HasSubstr("/run/x.sock"), HasSubstr("Invalid argument")));
}

}  // namespace
}  // namespace pacedns::control
