#include "pacedns/app/socket_activation.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include <systemd/sd-daemon.h>

namespace pacedns::app {
namespace {

constexpr std::string_view kName = "dns";

std::optional<net::Endpoint> bound_to(int descriptor) {
  boost::asio::ip::udp::endpoint endpoint;  // the addresses of TCP look the same
  auto size = static_cast<socklen_t>(endpoint.capacity());
  if (::getsockname(descriptor, endpoint.data(), &size) != 0) return std::nullopt;
  const int family = endpoint.data()->sa_family;
  if (family != AF_INET && family != AF_INET6) return std::nullopt;
  endpoint.resize(size);
  return net::Endpoint{endpoint.address(), endpoint.port()};
}

/// Clients over IPv4 would show up with IPv6 addresses.
bool is_dual_stack(int descriptor, const net::Endpoint& endpoint) {
  int only = 1;
  socklen_t size = sizeof(only);
  return endpoint.address.is_v6() && endpoint.address.is_unspecified() &&
         ::getsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &only, &size) == 0 && only == 0;
}

/// Frees the array and each of its strings, as sd_listen_fds_with_names leaves to its caller.
struct FreeNames {
  void operator()(char** names) const {
    for (char** name = names; *name != nullptr; ++name)
      std::free(*name);  // NOLINT: from malloc
    std::free(names);    // NOLINT
  }
};

std::string cannot_use(int descriptor, const std::string& problem) {
  return "the service manager passed socket " + std::to_string(descriptor) + ", which " + problem +
         ": correct the .socket unit";
}

}  // namespace

boost::system::result<std::vector<PassedAddress>, std::string> take_passed_sockets() {
  char** raw_names = nullptr;
  const int count = sd_listen_fds_with_names(1, &raw_names);
  const std::unique_ptr<char*[], FreeNames> names(raw_names);
  if (count < 0)
    return "sockets were passed in a way that cannot be read: " + std::string(std::strerror(-count));

  std::vector<PassedAddress> passed;
  for (int i = 0; i < count; ++i) {
    const int descriptor = SD_LISTEN_FDS_START + i;
    if (names[static_cast<std::size_t>(i)] != kName)
      return cannot_use(descriptor,
                        "is not named dns but " + std::string(names[static_cast<std::size_t>(i)]));
    const auto endpoint = bound_to(descriptor);
    const bool datagrams = sd_is_socket(descriptor, AF_UNSPEC, SOCK_DGRAM, 0) > 0;
    const bool stream = sd_is_socket(descriptor, AF_UNSPEC, SOCK_STREAM, 1) > 0;
    if (!endpoint || (!datagrams && !stream))
      return cannot_use(descriptor, "is no UDP socket and no listening TCP socket");
    if (is_dual_stack(descriptor, *endpoint))
      return cannot_use(descriptor, "is for IPv4 too (BindIPv6Only=ipv6-only)");
    auto at = std::ranges::find(passed, *endpoint, &PassedAddress::endpoint);
    if (at == passed.end()) at = passed.insert(at, {*endpoint, {}, {}});
    (datagrams ? at->datagrams : at->streams).push_back(descriptor);
  }
  return passed;
}

}  // namespace pacedns::app
