#pragma once

#include <cstdint>

#include <boost/asio/ip/udp.hpp>

#include "pacedns/base/bytes.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/net/datagram_batch.hpp"
#include "pacedns/server/access_control.hpp"
#include "pacedns/server/client.hpp"
#include "pacedns/server/query_handler.hpp"

namespace pacedns::server {

/// One UDP socket of one worker: waits until datagrams are there, then receives, handles and answers them in
/// batches. Lives as long as its worker's event loop.
class UdpListener {
 public:
  /// `access` may be replaced by its owner between two events.
  UdpListener(boost::asio::ip::udp::socket socket, std::uint32_t id, const AccessControl& access,
              QueryHandler& handler, metrics::Counters& counters);

  void start() { wait(); }
  void stop();

  /// A reply that was not there when its query came.
  void send(const Client& client, Bytes reply);

 private:
  void wait();
  void on_readable();
  void handle_batch(std::size_t received, TimePoint now);

  boost::asio::ip::udp::socket socket_;
  std::uint32_t id_;
  const AccessControl& access_;
  QueryHandler& handler_;
  metrics::Counters& counters_;
  net::DatagramBatch batch_;
  bool stopped_ = false;
};

}  // namespace pacedns::server
