#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

#include "pacedns/base/time.hpp"
#include "pacedns/net/endpoint.hpp"
#include "pacedns/net/prefix.hpp"
#include "pacedns/status/control_socket.hpp"
#include "pacedns/status/disguise.hpp"
#include "pacedns/status/http_listener.hpp"
#include "pacedns/status/service.hpp"
#include "pacedns/status/subject.hpp"

namespace pacedns::status {

/// The status as it is served: the page and the metrics at an address, the control socket at a path, either
/// or both, and the samples behind the plots. Lives in the thread of `io`.
class StatusServer {
 public:
  StatusServer(boost::asio::io_context& io, Subject& subject) : io_(io), service_(subject), timer_(io) {}

  /// Binds; without error, whoever connects from now on waits until `start`.
  [[nodiscard]] boost::system::error_code listen(const net::Endpoint& endpoint);
  [[nodiscard]] boost::system::error_code open_control_socket(const std::string& path);

  /// Who may see it over TCP, and how much. On an address that is no loopback one, what would be hashed is
  /// hidden: the hashes would tell others which names are asked for again.
  void apply(const std::vector<net::Prefix>& allow, Privacy privacy);

  [[nodiscard]] bool is_served() const { return listener_ || control_; }

  /// Samples are taken from now on, if there is anybody to show them to.
  void start();
  void close();

  /// The address as it is bound; nothing without one.
  [[nodiscard]] std::optional<net::Endpoint> address() const;

  /// Connections that were closed at once: from outside the allow list, or too many.
  [[nodiscard]] std::uint64_t refused_connections() const;

 private:
  void sample();

  boost::asio::io_context& io_;
  Service service_;
  boost::asio::steady_timer timer_;
  bool sampling_ = false;
  std::unique_ptr<HttpListener> listener_;
  std::unique_ptr<ControlSocket> control_;
};

}  // namespace pacedns::status
