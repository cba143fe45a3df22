#pragma once

#include <vector>

#include <boost/asio/ip/address.hpp>

namespace pacedns::net {

/// The addresses of this machine's interfaces at this moment; none if the kernel does not tell. Link-local
/// ones carry their zone.
[[nodiscard]] std::vector<boost::asio::ip::address> interface_addresses();

}  // namespace pacedns::net
