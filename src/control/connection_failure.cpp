#include "pacedns/control/connection_failure.hpp"

#include <chrono>
#include <string>

#include <boost/asio/error.hpp>
#include <boost/system/errc.hpp>

namespace pacedns::control {
namespace {

namespace errc = boost::system::errc;
using Kind = Failure::Kind;

Failure no_reply(const ControlSocket& socket, Duration patience) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
  const std::string waited = ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
  return {Kind::NoReply, "pacedns did not answer on " + socket.path + " within " + waited +
                             ": try again; if it stays so, look at its log and restart it"};
}

}  // namespace

Failure connecting_failed(boost::system::error_code error, const ControlSocket& socket, Duration patience) {
  const std::string& path = socket.path;
  if (error == errc::no_such_file_or_directory || error == errc::not_a_directory)
    return {Kind::SocketMissing, "there is no socket " + path +
                                     ": pacedns does not run, or its control socket is elsewhere (" +
                                     socket.origin + ")"};
  if (error == errc::permission_denied || error == errc::operation_not_permitted)
    return {Kind::Denied, "permission denied: run it as root or as a member of the group that owns " + path};
  if (error == errc::connection_refused)
    return {Kind::Refused, "nobody listens on " + path + " (" + socket.origin +
                               "): pacedns does not run, and the file is no socket or was left behind"};
  if (error == errc::timed_out) return no_reply(socket, patience);
  return {Kind::Other, "cannot connect to " + path + " (" + socket.origin + "): " + error.message()};
}

Failure exchange_failed(boost::system::error_code error, const ControlSocket& socket, Duration patience) {
  if (error == errc::timed_out) return no_reply(socket, patience);
  if (error == errc::connection_reset || error == errc::broken_pipe)
    return {Kind::BadReply, "pacedns closed the connection on " + socket.path +
                                " before its reply was complete: it may be stopping; try again"};
  return {Kind::BadReply, "what listens on " + socket.path + " (" + socket.origin +
                              ") did not reply as pacedns does: " + error.message()};
}

}  // namespace pacedns::control
