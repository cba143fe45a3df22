#pragma once

#include <array>
#include <cstdint>

#include <boost/asio/ip/udp.hpp>

#include "pacedns/base/bytes.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/net/datagram_batch.hpp"
#include "pacedns/net/send_queue.hpp"
#include "pacedns/server/access_control.hpp"
#include "pacedns/server/client.hpp"
#include "pacedns/server/query_handler.hpp"

namespace pacedns::server {

/// One UDP socket of one worker: waits until datagrams are there, then receives, handles and answers them in
/// batches. Outlives all that it has asked of its worker's event loop: it may be destroyed by a handler that
/// is posted after `close`, or with the loop.
class UdpListener {
 public:
  /// `access` may be replaced by its owner between two events.
  UdpListener(boost::asio::ip::udp::socket socket, std::uint32_t id, const AccessControl& access,
              QueryHandler& handler, metrics::Counters& counters);

  void start() { wait(); }

  /// Takes no more queries; replies can still be sent.
  void stop();

  /// The same, but takes those that have come already, and hears no more: who asks now is told that nobody is
  /// there, or asks another socket on the address. Not called by the handler.
  void retire();

  void close();

  /// A reply that was not there when its query came. It leaves together with those that follow before the
  /// event loop has done what it woke up for.
  void send(const Client& client, Bytes reply);

  /// What has been given to `send` leaves now.
  void flush();

 private:
  void wait();
  /// False if all has been received.
  bool on_readable();
  void handle_batch(std::size_t received, TimePoint now);
  void count_dropped(std::size_t replies);

  boost::asio::ip::udp::socket socket_;
  const AccessControl& access_;
  QueryHandler& handler_;
  metrics::Counters& counters_;
  net::DatagramBatch batch_;
  std::array<Incoming, kMaxBatch> incoming_;  // by slot
  net::SendQueue late_replies_;
  bool stopped_ = false;
};

}  // namespace pacedns::server
