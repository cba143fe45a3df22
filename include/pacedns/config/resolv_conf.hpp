#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "pacedns/config/config.hpp"
#include "pacedns/upstream/upstream_options.hpp"

// The `nameserver` lines of a file as resolv.conf(5) describes it. All of them count, not only three; what
// else such a file holds is about the C library's own resolver.

namespace pacedns::config {

struct ResolvConf {
  /// In the file's order, each address once: port 53, UDP first, named by the address.
  std::vector<upstream::ServerOptions> servers;
  /// What is wrong with the `nameserver` lines that are no use: "line 3: 'dns' is a host name, ..."
  std::vector<std::string> skipped;

  friend bool operator==(const ResolvConf&, const ResolvConf&) = default;
};

/// Safe on any octets.
[[nodiscard]] ResolvConf parse_resolv_conf(std::string_view text);

/// Upstreams of a file beside those of a configuration.
struct FileServers {
  struct LeftOut {
    std::string name;
    std::string reason;

    friend bool operator==(const LeftOut&, const LeftOut&) = default;
  };

  std::vector<upstream::ServerOptions> servers;
  std::vector<LeftOut> left_out;
  bool only_ourselves = false;  ///< the file names no address that is not our own

  friend bool operator==(const FileServers&, const FileServers&) = default;
};

/// Those of `named` that `config` does not have already, without those that are ourselves, and no more than
/// there may be in all. `machine` has those of the addresses that are this machine's.
[[nodiscard]] FileServers select_file_servers(const std::vector<upstream::ServerOptions>& named,
                                              const Config& config,
                                              std::span<const boost::asio::ip::address> machine);

}  // namespace pacedns::config
