#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "pacedns/base/time.hpp"
#include "pacedns/base/tunable.hpp"
#include "pacedns/net/endpoint.hpp"
#include "pacedns/net/prefix.hpp"

namespace pacedns::server {

inline constexpr Tunable<std::size_t> kTcpConnections{1000, 1, 65535};

/// RFC 7766 §6.2.2 lets a server limit the connections of one client address or network, much more loosely
/// than clients should limit themselves, since many may share an address; RFC 9210 §4.2 wants such a limit.
inline constexpr Tunable<std::size_t> kTcpConnectionsPerClient{100, 1, 65535};

/// RFC 7766 §6.2.3 recommends an idle timeout of a few seconds; RFC 9210 §4 leaves it to the operator.
inline constexpr Tunable<Duration> kTcpIdleTimeout{std::chrono::seconds(10), std::chrono::milliseconds(100),
                                                   std::chrono::minutes(10)};

/// 0: no limit. A million is more than a worker answers.
inline constexpr Tunable<std::uint32_t> kPerClientQps{0, 0, 1000000};

struct TcpOptions {
  std::size_t connections = kTcpConnections.default_value;  ///< open at a time, over all addresses
  std::size_t connections_per_client = kTcpConnectionsPerClient.default_value;  ///< of those
  Duration idle_timeout = kTcpIdleTimeout.default_value;

  friend bool operator==(const TcpOptions&, const TcpOptions&) = default;
};

struct ServerOptions {
  std::vector<net::Endpoint> listen;  ///< UDP and TCP on each; no two the same
  std::vector<net::Prefix> allow;     ///< clients outside are REFUSED
  TcpOptions tcp;
  std::uint32_t per_client_qps = kPerClientQps.default_value;

  friend bool operator==(const ServerOptions&, const ServerOptions&) = default;
};

/// What the names in `access.allow` stand for.
[[nodiscard]] const std::vector<net::Prefix>& loopback_prefixes();

/// RFC 1918, RFC 6598 (shared), RFC 3927 and RFC 4291 §2.5.6 (link-local), RFC 4193 (unique local).
[[nodiscard]] const std::vector<net::Prefix>& private_prefixes();

}  // namespace pacedns::server
