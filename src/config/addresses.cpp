#include "pacedns/config/addresses.hpp"

#include <sys/un.h>

#include <algorithm>
#include <cctype>
#include <climits>
#include <string>

#include <boost/asio/ip/address_v6.hpp>

#include "pacedns/dns/presentation.hpp"
#include "pacedns/server/server_options.hpp"

namespace pacedns::config {
namespace {

constexpr std::size_t kMaxNameSize = 64;

/// One octet is for the zero behind it.
constexpr std::size_t kMaxSocketPath = sizeof(sockaddr_un::sun_path) - 1;

bool is_host_name(std::string_view text) {
  const std::string_view host = text.substr(0, text.find_first_of(":/"));
  const bool written_in_words = std::ranges::any_of(host, [](unsigned char c) { return std::isalpha(c); });
  return written_in_words && std::ranges::all_of(host, [](unsigned char c) {
           return std::isalnum(c) || c == '.' || c == '-' || c == '_';
         });
}

/// Says what keeps `text` from being an address with a port from `lowest_port` on.
Problem address_problem(std::string_view text, int lowest_port) {
  // More than one colon is IPv6, which may begin with letters.
  if (std::ranges::count(text, ':') < 2 && is_host_name(text)) {
    return {"is a host name, where an IP address is needed", {}};
  }
  return {"is not an IP address with or without a port",
          "ports are " + std::to_string(lowest_port) + "..65535"};
}

ParseResult<upstream::Protocol> parse_scheme(std::string_view scheme) {
  if (scheme == "udp") return upstream::Protocol::Udp;
  if (scheme == "tcp") return upstream::Protocol::Tcp;
  if (scheme == "tls" || scheme == "https")
    return Problem{"is an encrypted transport, not supported yet", {}};
  return Problem{"has an unknown scheme", {}};
}

}  // namespace

net::Endpoint without_mapping(const net::Endpoint& endpoint) {
  const auto& address = endpoint.address;
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return endpoint;
  return {make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()), endpoint.port};
}

ParseResult<net::Endpoint> parse_listen_address(std::string_view text, std::uint16_t default_port) {
  const auto endpoint = net::parse_endpoint(text, default_port, /*allow_port_zero=*/true);
  if (!endpoint) return address_problem(text, 0);
  return endpoint.value();
}

ParseResult<upstream::ServerOptions> parse_server(std::string_view text) {
  upstream::ServerOptions server;
  std::string_view address_text = text;
  if (const auto colon = text.find("://"); colon != std::string_view::npos) {
    const auto protocol = parse_scheme(text.substr(0, colon));
    if (!protocol) return protocol.error();
    server.protocol = protocol.value();
    address_text = text.substr(colon + 3);
  }

  const auto endpoint = net::parse_endpoint(address_text, upstream::kDnsPort);
  if (!endpoint) return address_problem(address_text, 1);
  server.endpoint = without_mapping(endpoint.value());
  const auto& address = server.endpoint.address;
  if (address.is_unspecified()) return Problem{"is the unspecified address, which no server has", {}};
  if (address.is_multicast()) return Problem{"is a multicast address, not one server's", {}};
  server.name = text;
  return server;
}

std::optional<Problem> check_server_name(std::string_view name) {
  if (name.empty()) return Problem{"is empty", {}};
  if (name.size() > kMaxNameSize) return Problem{"is too long", {}};
  const bool fit =
      std::ranges::all_of(name, [](unsigned char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\''; });
  if (!fit) return Problem{"has characters that a name must not have", {}};
  return std::nullopt;
}

std::optional<Problem> check_file_path(std::string_view text) {
  if (!text.starts_with('/')) return Problem{"is not an absolute path", "it begins with /"};
  if (text.ends_with('/')) return Problem{"is the path of a folder, not of a file", {}};
  if (text.size() >= PATH_MAX) return Problem{"is too long", {}};
  const bool fit =
      std::ranges::none_of(text, [](unsigned char c) { return c < ' ' || c == 0x7f || c == '"'; });
  if (!fit) return Problem{"has characters that a path must not have here", "no quotes, nothing unprintable"};
  return std::nullopt;
}

std::optional<Problem> check_socket_path(std::string_view text) {
  if (text.size() <= kMaxSocketPath || !text.starts_with('/')) return check_file_path(text);
  return Problem{"is too long for a socket", "at most " + std::to_string(kMaxSocketPath) + " octets"};
}

ParseResult<std::vector<net::Prefix>> parse_access_entry(std::string_view text) {
  if (text == "loopback") return server::loopback_prefixes();
  if (text == "private") return server::private_prefixes();
  if (text == "any") {
    return std::vector{net::Prefix::parse("0.0.0.0/0").value(), net::Prefix::parse("::/0").value()};
  }
  auto range = parse_range(text);
  if (range || text.find('/') != std::string_view::npos) return range;
  return Problem{"is neither a known word nor an address", {}};
}

ParseResult<std::vector<net::Prefix>> parse_range(std::string_view text) {
  const auto prefix = net::Prefix::parse(text);
  if (prefix) return std::vector{prefix.value()};
  if (text.find('/') == std::string_view::npos) return Problem{"is not an address", {}};
  return Problem{"is not a range of addresses", "no bits may be set behind the prefix"};
}

ParseResult<std::vector<forward::WireName>> parse_name(std::string_view text) {
  auto name = dns::name_from_text(std::string(text));
  if (!name) return Problem{"is not a domain name", {}};
  return std::vector<forward::WireName>{*std::move(name)};
}

}  // namespace pacedns::config
