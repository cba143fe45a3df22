#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "pacedns/config/problem.hpp"
#include "pacedns/forward/forward_options.hpp"
#include "pacedns/net/endpoint.hpp"
#include "pacedns/net/prefix.hpp"
#include "pacedns/upstream/upstream_options.hpp"

// Addresses, names and paths as users write them, each with the reason when it cannot be taken.

namespace pacedns::config {

inline constexpr std::uint16_t kStatusPort = 9853;

/// What `parse_listen_address` and `parse_server` take, for messages and documentation.
inline constexpr std::string_view kListenForms = R"(IP, IP:port, "[IPv6]" or "[IPv6]:port")";
inline constexpr std::string_view kServerForms =
    R"(IP, IP:port, "[IPv6]" or "[IPv6]:port", with udp:// or tcp:// before it or not)";

/// With the IPv4 address of an IPv4-mapped IPv6 address in its place; others as they are.
[[nodiscard]] net::Endpoint without_mapping(const net::Endpoint& endpoint);

/// An address to listen on. Port 0 lets the kernel choose.
[[nodiscard]] ParseResult<net::Endpoint> parse_listen_address(std::string_view text,
                                                              std::uint16_t default_port);

/// Fills the name with the text itself.
[[nodiscard]] ParseResult<upstream::ServerOptions> parse_server(std::string_view text);

/// What is wrong with the name of an upstream, if anything is. Names go into logs and metrics.
[[nodiscard]] std::optional<Problem> check_server_name(std::string_view name);

/// What keeps `text` from being the absolute path of a file, if anything does.
[[nodiscard]] std::optional<Problem> check_file_path(std::string_view text);

/// The same for a Unix socket, whose path has to fit into sockaddr_un.
[[nodiscard]] std::optional<Problem> check_socket_path(std::string_view text);

/// An entry of `access.allow` or `status.allow`: `loopback`, `private`, `any` or CIDR.
[[nodiscard]] ParseResult<std::vector<net::Prefix>> parse_access_entry(std::string_view text);

/// A single address or CIDR.
[[nodiscard]] ParseResult<std::vector<net::Prefix>> parse_range(std::string_view text);

/// A domain name, with the final dot or without.
[[nodiscard]] ParseResult<std::vector<forward::WireName>> parse_name(std::string_view text);

}  // namespace pacedns::config
