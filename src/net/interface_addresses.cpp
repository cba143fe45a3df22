#include "pacedns/net/interface_addresses.hpp"

#include <netinet/in.h>

#include <bit>
#include <cstring>
#include <memory>
#include <optional>

#include <ifaddrs.h>

namespace pacedns::net {
namespace {

namespace ip = boost::asio::ip;

std::optional<ip::address> to_address(const sockaddr& from) {
  if (from.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &from, sizeof(v4));
    return ip::address_v4(std::bit_cast<ip::address_v4::bytes_type>(v4.sin_addr));
  }
  if (from.sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6{};
  std::memcpy(&v6, &from, sizeof(v6));
  return ip::address_v6(std::bit_cast<ip::address_v6::bytes_type>(v6.sin6_addr), v6.sin6_scope_id);
}

}  // namespace

std::vector<ip::address> interface_addresses() {
  ifaddrs* head = nullptr;
  if (::getifaddrs(&head) != 0) return {};
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(head, ::freeifaddrs);
  std::vector<ip::address> addresses;
  for (const ifaddrs* each = list.get(); each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;  // an interface without any
    if (const auto address = to_address(*each->ifa_addr)) addresses.push_back(*address);
  }
  return addresses;
}

}  // namespace pacedns::net
