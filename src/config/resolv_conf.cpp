#include "pacedns/config/resolv_conf.hpp"

#include <algorithm>
#include <optional>

#include "pacedns/config/addresses.hpp"
#include "pacedns/config/config_error.hpp"
#include "pacedns/config/own_address.hpp"

namespace pacedns::config {
namespace {

using upstream::ServerOptions;

constexpr std::string_view kKeyword = "nameserver";
constexpr std::string_view kSpaces = " \t\r\f\v";

/// The word behind the keyword; nothing on a line of another kind. As for the C library, the keyword starts
/// the line and a word more means nothing.
std::optional<std::string_view> nameserver_on(std::string_view line) {
  if (!line.starts_with(kKeyword)) return std::nullopt;
  line.remove_prefix(kKeyword.size());
  if (!line.empty() && kSpaces.find(line.front()) == std::string_view::npos) return std::nullopt;
  line.remove_prefix(std::min(line.find_first_not_of(kSpaces), line.size()));
  return line.substr(0, line.find_first_of(kSpaces));
}

/// An IP address without anything around it: what `upstream.servers` knows beyond that is not for this file.
ParseResult<ServerOptions> parse_address(std::string_view text) {
  if (text.empty()) return Problem{"is empty, where an IP address is needed", {}};
  const bool has_more = text.find_first_of("[/") != std::string_view::npos ||
                        (text.find('.') != std::string_view::npos && std::ranges::count(text, ':') == 1);
  if (has_more) return Problem{"is not an IP address by itself", {}};
  auto server = parse_server(text);
  if (!server) return server;
  if (const auto problem = check_server_name(text)) return *problem;
  return server;
}

bool has_endpoint(const std::vector<ServerOptions>& servers, const net::Endpoint& endpoint) {
  return std::ranges::find(servers, endpoint, &ServerOptions::endpoint) != servers.end();
}

/// Our listening address that a query to the server would come to, if there is one.
std::optional<net::Endpoint> own_address(const ServerOptions& server, const Config& config,
                                         std::span<const boost::asio::ip::address> machine) {
  for (const net::Endpoint& listen : config.server.listen) {
    if (arrives_at(server.endpoint, listen, machine)) return listen;
  }
  return std::nullopt;
}

}  // namespace

ResolvConf parse_resolv_conf(std::string_view text) {
  ResolvConf result;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto word = nameserver_on(line);
    if (!word) continue;
    const auto server = parse_address(*word);
    if (!server) {
      result.skipped.push_back("line " + std::to_string(number) + ": " + quoted(*word) + " " +
                               server.error().what);
    } else if (!has_endpoint(result.servers, server->endpoint)) {
      result.servers.push_back(*server);
    }
  }
  return result;
}

FileServers select_file_servers(const std::vector<ServerOptions>& named, const Config& config,
                                std::span<const boost::asio::ip::address> machine) {
  constexpr std::size_t kMost = upstream::kServerCount.maximum;
  const auto& configured = config.upstream.servers;
  FileServers result;
  result.only_ourselves = true;
  for (const ServerOptions& server : named) {
    if (const auto own = own_address(server, config, machine)) {
      result.left_out.push_back({server.name, "it is our own listening address " + to_string(*own)});
      continue;
    }
    result.only_ourselves = false;
    if (has_endpoint(configured, server.endpoint)) continue;
    if (configured.size() + result.servers.size() < kMost) {
      result.servers.push_back(server);
    } else {
      result.left_out.push_back({server.name, "there are " + std::to_string(kMost) + " upstreams already"});
    }
  }
  return result;
}

}  // namespace pacedns::config
