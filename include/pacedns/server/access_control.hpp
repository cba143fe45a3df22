#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "pacedns/net/prefix.hpp"

namespace pacedns::server {

/// Which clients may ask. One for each worker.
class AccessControl {
 public:
  explicit AccessControl(std::vector<net::Prefix> allow) : allow_(std::move(allow)) {}

  [[nodiscard]] bool allows(const boost::asio::ip::address& client) const {
    return std::ranges::any_of(allow_, [&](const net::Prefix& prefix) { return prefix.contains(client); });
  }

 private:
  std::vector<net::Prefix> allow_;
};

}  // namespace pacedns::server
