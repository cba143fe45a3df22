#pragma once

#include <string>

#include "pacedns/net/endpoint.hpp"
#include "pacedns/net/listening_socket.hpp"

namespace pacedns::app {

/// Who holds this port on this address or on all, as `name (pid 123)`. Processes of others are visible to
/// root only: where one cannot be seen, it is `a process of user unbound`, or `of uid 123` if the user has no
/// name. Several are separated by commas. Empty if /proc knows of none.
[[nodiscard]] std::string find_port_holder(const net::Endpoint& endpoint, net::Transport transport);

/// The same for UDP and TCP together.
[[nodiscard]] std::string find_port_holder(const net::Endpoint& endpoint);

}  // namespace pacedns::app
