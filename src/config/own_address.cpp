#include "pacedns/config/own_address.hpp"

#include <algorithm>

#include "pacedns/config/addresses.hpp"

namespace pacedns::config {

bool arrives_at(const net::Endpoint& target, const net::Endpoint& listen,
                std::span<const boost::asio::ip::address> machine) {
  if (target.port != listen.port) return false;
  const auto& to = target.address;
  const auto at = without_mapping(listen).address;
  if (to == at) return true;
  if (!at.is_unspecified() || at.is_v4() != to.is_v4()) return false;
  return to.is_loopback() || std::ranges::find(machine, to) != machine.end();
}

}  // namespace pacedns::config
