#pragma once

#include <boost/system/error_code.hpp>

#include "pacedns/base/time.hpp"
#include "pacedns/control/failure.hpp"
#include "pacedns/control/find_socket.hpp"

namespace pacedns::control {

/// What it means that connecting failed.
[[nodiscard]] Failure connecting_failed(boost::system::error_code error, const ControlSocket& socket,
                                        Duration patience);

/// What it means that an exchange failed after that.
[[nodiscard]] Failure exchange_failed(boost::system::error_code error, const ControlSocket& socket,
                                      Duration patience);

}  // namespace pacedns::control
