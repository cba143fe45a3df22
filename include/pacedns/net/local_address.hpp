#pragma once

#include <boost/asio/ip/address.hpp>

namespace pacedns::net {

/// Whether what is sent to this address at this moment arrives at this machine itself. False if the kernel
/// does not tell, loopback included where there is none.
[[nodiscard]] bool is_local(const boost::asio::ip::address& address);

}  // namespace pacedns::net
