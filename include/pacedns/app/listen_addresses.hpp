#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/system/result.hpp>

#include "pacedns/app/socket_activation.hpp"
#include "pacedns/app/worker.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/net/endpoint.hpp"

namespace pacedns::app {

/// Why an address could not be listened on.
struct BindFailure {
  net::Endpoint endpoint;
  boost::system::error_code error;
};

/// As the addresses are bound, port 0 resolved.
struct ListenChange {
  std::vector<net::Endpoint> added;
  std::vector<net::Endpoint> removed;
  std::vector<net::Endpoint> absent;  ///< [::1] on a host without IPv6
};

/// What all workers listen on: the sockets that the service manager has passed on, and the addresses of the
/// configuration. Used by the main thread.
class ListenAddresses {
 public:
  explicit ListenAddresses(const std::vector<std::unique_ptr<Worker>>& workers) : workers_(workers) {}

  /// Serves passed sockets for good, each by one worker. Called once, before `prepare`; says what is wrong.
  [[nodiscard]] std::optional<std::string> adopt(const std::vector<PassedAddress>& passed);

  struct Prepared;

  /// Opens what is needed to listen on these addresses and no others, apart from the passed ones, which are
  /// not bound again. Nothing has changed yet, and nothing will if the result is thrown away.
  ///
  /// [::1] is left out where there is none and something else to listen on: whoever lists both loopback
  /// addresses means those that there are.
  [[nodiscard]] boost::system::result<Prepared, BindFailure> prepare(
      const std::vector<net::Endpoint>& addresses);

  /// Listens on what was prepared last. What has come to an address that is left is still answered, for as
  /// long as `patience`.
  ListenChange commit(Prepared prepared, Duration patience);

  /// Whether nothing was bound by this process.
  [[nodiscard]] bool all_passed() const { return served_.empty(); }

  [[nodiscard]] const std::vector<net::Endpoint>& passed() const { return passed_; }

 private:
  struct Served {
    std::uint32_t id;
    net::Endpoint configured;
    net::Endpoint bound;
  };
  struct Opened {
    Served address;
    std::vector<net::ListeningSockets> sockets;  // by worker
  };
  struct Retired {
    net::Endpoint bound;
    TimePoint until;
  };

  [[nodiscard]] bool is_passed(const net::Endpoint& address) const;
  [[nodiscard]] std::optional<BindFailure> open(const std::vector<net::Endpoint>& addresses,
                                                Prepared& prepared);
  [[nodiscard]] boost::system::result<net::Endpoint> claim(const net::Endpoint& address) const;
  [[nodiscard]] boost::system::error_code open_sockets(Opened& opened);

  const std::vector<std::unique_ptr<Worker>>& workers_;
  std::vector<net::Endpoint> passed_;
  std::vector<Served> served_;
  std::vector<Retired> retired_;  // may still be bound
  std::uint32_t next_id_ = 0;
};

/// Sockets that are open and not yet listened on, and what becomes of the others.
struct ListenAddresses::Prepared {
  std::vector<Served> kept;
  std::vector<Served> left;
  std::vector<Opened> opened;
  std::vector<net::Endpoint> absent;
};

}  // namespace pacedns::app
