#include "pacedns/server/client_identity.hpp"

#include <cstring>

namespace pacedns::server {

namespace ip = boost::asio::ip;

ClientIdentity::ClientIdentity(const ip::address& address) {
  if (address.is_v4()) {
    number = address.to_v4().to_uint();
  } else if (const auto address_v6 = address.to_v6(); address_v6.is_v4_mapped()) {
    number = ip::make_address_v4(ip::v4_mapped, address_v6).to_uint();
  } else {
    const auto octets = address_v6.to_bytes();
    kind = address_v6.is_link_local() ? Kind::LinkLocal : Kind::V6;
    // On a link all have the same /64.
    std::memcpy(&number, octets.data() + (kind == Kind::LinkLocal ? sizeof(number) : 0), sizeof(number));
  }
}

}  // namespace pacedns::server
