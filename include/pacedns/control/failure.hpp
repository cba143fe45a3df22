#pragma once

#include <cstdint>
#include <string>

namespace pacedns::control {

/// Why a command did not get what it asked the daemon for, as what a program can act on and as a sentence
/// for whoever typed it: what happened, and what to do.
struct Failure {
  enum class Kind : std::uint8_t {
    SocketOff,      ///< the configuration has no control socket
    SocketMissing,  ///< there is no such file
    Denied,         ///< this user may not connect
    Refused,        ///< nobody listens
    NoReply,        ///< not in time
    BadReply,       ///< not what pacedns says: no HTTP, no JSON, cut off
    Declined,       ///< the daemon says what is wrong with the request
    Output,         ///< what came could not be written
    Other           ///< the system's own words
  };

  Kind kind;
  std::string message;
};

}  // namespace pacedns::control
