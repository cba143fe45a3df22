#pragma once

#include <string>
#include <vector>

#include <boost/system/result.hpp>

#include "pacedns/net/endpoint.hpp"

namespace pacedns::app {

/// The sockets on one address that the service manager has bound and passed on.
struct PassedAddress {
  net::Endpoint endpoint;
  std::vector<int> datagrams;  // descriptors
  std::vector<int> streams;
};

/// Takes over what was passed to this process (sd_listen_fds(3)), once; empty without socket activation. All
/// sockets have to be IP sockets named `dns` (`FileDescriptorName=`). The error says which one is not.
[[nodiscard]] boost::system::result<std::vector<PassedAddress>, std::string> take_passed_sockets();

}  // namespace pacedns::app
