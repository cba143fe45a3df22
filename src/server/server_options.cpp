#include "pacedns/server/server_options.hpp"

#include <initializer_list>

namespace pacedns::server {
namespace {

std::vector<net::Prefix> prefixes(std::initializer_list<const char*> texts) {
  std::vector<net::Prefix> result;
  for (const char* text : texts)
    result.push_back(net::Prefix::parse(text).value());
  return result;
}

}  // namespace

const std::vector<net::Prefix>& loopback_prefixes() {
  static const auto kPrefixes = prefixes({"127.0.0.0/8", "::1/128"});
  return kPrefixes;
}

const std::vector<net::Prefix>& private_prefixes() {
  static const auto kPrefixes = prefixes({"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
                                          "169.254.0.0/16", "fe80::/10", "fc00::/7"});
  return kPrefixes;
}

}  // namespace pacedns::server
