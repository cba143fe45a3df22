#pragma once

#include <cstdint>
#include <string>

#include "pacedns/net/endpoint.hpp"

namespace pacedns::app {

/// The processes that hold this port for UDP or TCP on this address or on all, as `name (pid 123)`, several
/// separated by commas. Empty if none is found or /proc does not tell us: others' processes are visible to
/// root only.
[[nodiscard]] std::string find_port_holder(const net::Endpoint& endpoint);

}  // namespace pacedns::app
