#pragma once

// The UDP side of one upstream: reads queries in batches, sends what is due at once in batches, and leaves
// the rest to the delay queue.

#include <boost/asio/ip/udp.hpp>

#include "upstream/datagram_batch.hpp"
#include "upstream/delay_queue.hpp"
#include "upstream/simulated_upstream.hpp"

namespace pacedns::simulator {

class UdpServer : public ReplySink {
 public:
  /// `upstream` and `delays` outlive this object.
  UdpServer(boost::asio::ip::udp::socket socket, SimulatedUpstream& upstream, DelayQueue& delays)
      : socket_(std::move(socket)), upstream_(upstream), delays_(delays) {}

  void start() { wait(); }
  void stop();

  /// Brings the socket in line with the upstream's settings.
  void update();

  void send(Reply& reply, TimePoint now) override;
  void flush() override;

 private:
  void wait();
  void on_readable();
  void on_query(Bytes wire, const boost::asio::ip::udp::endpoint& peer, TimePoint now);

  boost::asio::ip::udp::socket socket_;
  SimulatedUpstream& upstream_;
  DelayQueue& delays_;
  bool refused_ = false;
  ReceiveBatch received_;
  SendBatch outgoing_;
  Reply reply_;
};

}  // namespace pacedns::simulator
