#pragma once

#include <span>

#include <boost/asio/ip/address.hpp>

#include "pacedns/net/endpoint.hpp"

namespace pacedns::config {

/// Whether a query to `target`, an address without mapping, would come back to us by way of `listen`. Where
/// that is the unspecified address, all of its family are ours that are loopback or among `machine`.
[[nodiscard]] bool arrives_at(const net::Endpoint& target, const net::Endpoint& listen,
                              std::span<const boost::asio::ip::address> machine);

}  // namespace pacedns::config
