#include "pacedns/app/listen_addresses.hpp"

#include <algorithm>
#include <utility>

#include "pacedns/net/listening_socket.hpp"

namespace pacedns::app {
namespace {

using boost::system::error_code;

/// Until the workers have closed the sockets of an address that was retired.
constexpr Duration kClosing = std::chrono::seconds(1);

/// Whether a socket on one of them can be in the way of one on the other.
bool overlap(const net::Endpoint& left, const net::Endpoint& right) {
  return left.port == right.port && left.address.is_v4() == right.address.is_v4() &&
         (left.address == right.address || left.address.is_unspecified() || right.address.is_unspecified());
}

/// Whether an address cannot be had because this host has no IPv6.
bool is_absent_loopback(const net::Endpoint& address, error_code error) {
  namespace errc = boost::system::errc;
  return address.address.is_v6() && address.address.is_loopback() &&
         (error == errc::address_not_available || error == errc::address_family_not_supported);
}

}  // namespace

std::optional<std::string> ListenAddresses::adopt(const std::vector<PassedAddress>& passed) {
  for (const PassedAddress& at : passed) {
    if (at.datagrams.empty() || at.streams.empty()) {
      return "no " + std::string(at.datagrams.empty() ? "UDP" : "TCP") + " socket was passed for " +
             to_string(at.endpoint) +
             ", only the other: complete the .socket unit (ListenDatagram= and ListenStream=)";
    }
    const std::size_t most = std::max(at.datagrams.size(), at.streams.size());
    if (most > workers_.size()) {
      return std::to_string(most) + " sockets were passed for " + to_string(at.endpoint) + " and there are " +
             std::to_string(workers_.size()) + " workers: correct the .socket unit or `workers`";
    }
    const std::uint32_t id = next_id_++;
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      net::ListeningSockets sockets;
      sockets.passed = true;
      if (i < at.datagrams.size()) {
        auto socket = net::adopt_udp(workers_[i]->io(), at.datagrams[i]);
        if (!socket) return to_string(at.endpoint) + ": " + socket.error().message();
        sockets.datagrams = std::move(*socket);
      }
      if (i < at.streams.size()) {
        auto acceptor = net::adopt_tcp(workers_[i]->io(), at.streams[i]);
        if (!acceptor) return to_string(at.endpoint) + ": " + acceptor.error().message();
        sockets.stream = std::move(*acceptor);
      }
      workers_[i]->add_address(id, std::move(sockets));
    }
    passed_.push_back(at.endpoint);
  }
  return std::nullopt;
}

boost::system::result<ListenAddresses::Prepared, BindFailure> ListenAddresses::prepare(
    const std::vector<net::Endpoint>& addresses) {
  std::erase_if(retired_, [now = steady_now()](const Retired& each) { return each.until <= now; });
  Prepared prepared{{}, served_, {}, {}};
  std::vector<net::Endpoint> missing;
  for (const net::Endpoint& address : addresses) {
    const auto served = std::ranges::find_if(prepared.left, [&](const Served& each) {
      return each.configured == address || each.bound == address;
    });
    if (served != prepared.left.end()) {
      prepared.kept.push_back(*served);
      prepared.left.erase(served);
    } else if (!is_passed(address)) {
      missing.push_back(address);
    }
  }
  if (const auto failure = open(missing, prepared)) return *failure;
  return prepared;
}

ListenChange ListenAddresses::commit(Prepared prepared, Duration patience) {
  ListenChange change{{}, {}, std::move(prepared.absent)};
  for (const Served& served : prepared.left) {
    for (const auto& worker : workers_)
      worker->retire_address(served.id, patience);
    retired_.push_back({served.bound, steady_now() + patience + kClosing});
    change.removed.push_back(served.bound);
  }
  served_ = std::move(prepared.kept);
  for (Opened& each : prepared.opened) {
    for (std::size_t i = 0; i < workers_.size(); ++i)
      workers_[i]->add_address(each.address.id, std::move(each.sockets[i]));
    change.added.push_back(each.address.bound);
    served_.push_back(each.address);
  }
  return change;
}

bool ListenAddresses::is_passed(const net::Endpoint& address) const {
  return std::ranges::any_of(passed_, [&](const net::Endpoint& passed) {
    return passed == address || (passed.address.is_unspecified() && overlap(passed, address));
  });
}

std::optional<BindFailure> ListenAddresses::open(const std::vector<net::Endpoint>& addresses,
                                                 Prepared& prepared) {
  // All are claimed before any is bound: an address and the unspecified one that includes it may stand
  // side by side.
  std::optional<BindFailure> absence;
  for (const net::Endpoint& address : addresses) {
    const auto endpoint = claim(address);
    if (endpoint) {
      prepared.opened.push_back({{next_id_++, address, *endpoint}, {}});
    } else if (is_absent_loopback(address, endpoint.error())) {
      absence = BindFailure{address, endpoint.error()};
      prepared.absent.push_back(address);
    } else {
      return BindFailure{address, endpoint.error()};
    }
  }
  if (prepared.opened.empty() && prepared.kept.empty() && passed_.empty()) return absence;
  for (Opened& each : prepared.opened) {
    if (const error_code error = open_sockets(each)) return BindFailure{each.address.bound, error};
  }
  return std::nullopt;
}

// A socket of our own would be found in the way.
boost::system::result<net::Endpoint> ListenAddresses::claim(const net::Endpoint& address) const {
  const auto in_the_way = [&](const auto& ours) { return overlap(ours.bound, address); };
  if (std::ranges::any_of(served_, in_the_way) || std::ranges::any_of(retired_, in_the_way)) return address;
  return net::claim_endpoint(address);
}

error_code ListenAddresses::open_sockets(Opened& opened) {
  for (const auto& worker : workers_) {
    auto sockets = net::open_both(worker->io(), opened.address.bound);
    if (!sockets) return sockets.error();
    opened.sockets.push_back(std::move(*sockets));
  }
  return {};
}

}  // namespace pacedns::app
