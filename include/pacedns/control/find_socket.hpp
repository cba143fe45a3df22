#pragma once

#include <optional>
#include <string>

#include <boost/system/result.hpp>

#include "pacedns/control/failure.hpp"

namespace pacedns::control {

/// Where the daemon of the Debian package has its control socket: `control.socket: auto` seen from outside.
inline constexpr const char* kDefaultSocket = "/run/pacedns/control.sock";

/// The path of the control socket, and how it came about, for the error that says that nothing is there.
struct ControlSocket {
  std::string path;
  std::string origin;
};

/// What there is to decide it by.
struct SocketSources {
  std::optional<std::string> option;  ///< `--socket`
  std::string config_file;            ///< only named in messages
  std::optional<std::string>
      key;  ///< `control.socket` of that file: auto, off or a path; none: it could not be loaded
};

/// The option counts before the key, and what cannot be known is taken to be the default.
[[nodiscard]] boost::system::result<ControlSocket, Failure> find_socket(const SocketSources& sources);

}  // namespace pacedns::control
