#pragma once

// All upstreams of a script, with their sockets, in one thread.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "upstream/delay_queue.hpp"
#include "upstream/event_log.hpp"
#include "upstream/port_binding.hpp"
#include "upstream/script.hpp"
#include "upstream/simulated_upstream.hpp"
#include "upstream/tcp_server.hpp"
#include "upstream/udp_server.hpp"

namespace pacedns::simulator {

class Simulator {
 public:
  /// Binds every address. `context` and `log` outlive this object, and after `stop` the context is to be run
  /// until nothing is left. Throws boost::system::system_error, or ValueError naming the address.
  Simulator(boost::asio::io_context& context, const Script& script, EventLog& log);

  Simulator(const Simulator&) = delete;
  Simulator& operator=(const Simulator&) = delete;

  void start();
  void stop();

  /// One upstream, as its parts.
  struct Node {
    Node(boost::asio::io_context& context, BoundPort port, const Script& script, std::size_t index,
         EventLog& log, DelayQueue& delays);

    net::Endpoint endpoint;
    SimulatedUpstream upstream;
    UdpServer udp;
    TcpServer tcp;
  };

  /// The upstreams called `name`, or all for `*`. Throws ValueError when there are none.
  [[nodiscard]] std::vector<Node*> select(std::string_view name) const;

  /// `ready name=A address=127.0.0.1:40001` an upstream, and `ready all`.
  [[nodiscard]] std::string ready_lines() const;

 private:
  DelayQueue delays_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace pacedns::simulator
