#include "pacedns/control/find_socket.hpp"

namespace pacedns::control {

boost::system::result<ControlSocket, Failure> find_socket(const SocketSources& sources) {
  if (sources.option) return ControlSocket{*sources.option, "given with --socket"};
  const std::string& file = sources.config_file;
  if (!sources.key)
    return ControlSocket{kDefaultSocket, "the default, as " + file +
                                             " could not be read or has errors; --socket names another"};
  if (*sources.key == "off")
    return Failure{Failure::Kind::SocketOff, "there is no control socket: control.socket is off in " + file +
                                                 "; set it to auto or to a path, and restart pacedns"};
  if (*sources.key == "auto") return ControlSocket{kDefaultSocket, "control.socket is auto in " + file};
  return ControlSocket{*sources.key, "control.socket in " + file};
}

}  // namespace pacedns::control
