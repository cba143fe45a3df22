#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pacedns/base/tunable.hpp"
#include "pacedns/net/endpoint.hpp"

namespace pacedns::upstream {

/// How an upstream is spoken to first. UDP falls back to TCP on truncation.
enum class Protocol : std::uint8_t { Udp, Tcp };

inline constexpr std::uint16_t kDnsPort = 53;
inline constexpr Tunable<std::size_t> kServerCount{1, 1, 64};

/// One upstream as configured. Its health belongs to `protocol` and `endpoint`, whatever its name.
struct ServerOptions {
  Protocol protocol = Protocol::Udp;
  net::Endpoint endpoint;
  std::string name;  ///< for logs and metrics; the address as written when none is configured

  friend bool operator==(const ServerOptions&, const ServerOptions&) = default;
};

/// `udp://192.0.2.1:53`: whom we talk to, whatever its name.
[[nodiscard]] inline std::string to_url(const ServerOptions& server) {
  return (server.protocol == Protocol::Tcp ? "tcp://" : "udp://") + net::to_string(server.endpoint);
}

struct UpstreamOptions {
  std::vector<ServerOptions> servers;  ///< in configured order, no two the same; none only with a file
  std::string resolv_conf;             ///< absolute path of a file that names more; empty: no file

  friend bool operator==(const UpstreamOptions&, const UpstreamOptions&) = default;
};

}  // namespace pacedns::upstream
