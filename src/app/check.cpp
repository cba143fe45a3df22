#include "pacedns/app/check.hpp"

#include <chrono>
#include <ostream>
#include <string>

#include <boost/system/errc.hpp>

#include "pacedns/app/port_holder.hpp"
#include "pacedns/app/resolv_conf_watch.hpp"
#include "pacedns/app/upstream_probe.hpp"
#include "pacedns/net/listening_socket.hpp"

namespace pacedns::app {
namespace {

/// Long beside any round trip, short for somebody who waits at a terminal.
constexpr Duration kPatience = std::chrono::seconds(2);

std::string state_of(const net::Endpoint& endpoint, net::Transport transport) {
  namespace errc = boost::system::errc;
  const auto error = net::try_bind(endpoint, transport);
  if (!error) return "free";
  if (error == errc::address_not_available) return "no interface has this address";
  if (error != errc::address_in_use && error != errc::permission_denied) return error.message();
  const std::string holder = find_port_holder(endpoint, transport);
  std::string taken = "taken by " + (holder.empty() ? "a process that cannot be seen" : holder);
  if (error == errc::address_in_use) return taken;
  // The kernel asks for permission first, and does not say whether the port is taken.
  constexpr const char* kMissing = "permission is missing: ports below 1024 need CAP_NET_BIND_SERVICE";
  return holder.empty() ? kMissing : taken.append("; ").append(kMissing);
}

}  // namespace

void report_addresses(const config::Config& config, std::ostream& out) {
  for (const net::Endpoint& endpoint : config.server.listen) {
    const std::string address = "listen " + net::to_string(endpoint);
    out << address << " udp: " << state_of(endpoint, net::Transport::Udp) << '\n';
    out << address << " tcp: " << state_of(endpoint, net::Transport::Tcp) << '\n';
  }
}

bool report_upstreams(const config::Config& config, std::ostream& out) {
  auto servers = config.upstream.servers;
  if (const std::string& path = config.upstream.resolv_conf; !path.empty()) {
    const ResolvConfReading file = read_resolv_conf(config);
    out << "resolv_conf " << path << ": "
        << (file.problem.empty() ? "upstreams in use: " + std::to_string(file.chosen.servers.size())
                                 : file.problem)
        << '\n';
    servers.insert(servers.end(), file.chosen.servers.begin(), file.chosen.servers.end());
  }
  const auto outcomes = probe_upstreams(servers, kPatience);
  bool any = false;
  for (std::size_t i = 0; i < servers.size(); ++i) {
    out << "upstream " << servers[i].name << " (" << upstream::to_url(servers[i])
        << "): " << to_string(outcomes[i], kPatience) << '\n';
    any |= outcomes[i].rcode.has_value();
  }
  return any;
}

}  // namespace pacedns::app
