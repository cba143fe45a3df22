#include "upstream/simulator.hpp"

#include <utility>

#include <boost/system/system_error.hpp>

#include "upstream/values.hpp"

namespace pacedns::simulator {

Simulator::Node::Node(boost::asio::io_context& context, BoundPort port, const Script& script,
                      std::size_t index, EventLog& log, DelayQueue& delays)
    : endpoint(port.endpoint),
      upstream(script, index, log),
      udp(std::move(port.udp), upstream, delays),
      tcp(context, std::move(port.tcp_reservation), port.endpoint, upstream, delays) {}

Simulator::Simulator(boost::asio::io_context& context, const Script& script, EventLog& log)
    : delays_(context) {
  for (std::size_t i = 0; i < script.upstreams.size(); ++i) {
    const net::Endpoint& listen = script.upstreams[i].listen;
    try {
      nodes_.push_back(std::make_unique<Node>(context, bind_port(context, listen), script, i, log, delays_));
    } catch (const boost::system::system_error& error) {
      throw ValueError("upstream '" + script.upstreams[i].name + "': cannot bind " + net::to_string(listen) +
                       ": " + error.code().message());
    }
  }
}

void Simulator::start() {
  const TimePoint now = steady_now();
  for (const auto& node : nodes_) {
    node->upstream.start(now);
    node->udp.update();
    node->udp.start();
    node->tcp.start();
  }
}

void Simulator::stop() {
  delays_.stop();
  for (const auto& node : nodes_) {
    node->udp.stop();
    node->tcp.stop();
  }
}

std::vector<Simulator::Node*> Simulator::select(std::string_view name) const {
  std::vector<Node*> selected;
  for (const auto& node : nodes_) {
    if (name == "*" || node->upstream.name() == name) selected.push_back(node.get());
  }
  if (selected.empty()) throw ValueError("no upstream '" + std::string(name) + "'");
  return selected;
}

std::string Simulator::ready_lines() const {
  std::string lines;
  for (const auto& node : nodes_) {
    lines += "ready name=" + node->upstream.name() + " address=" + net::to_string(node->endpoint) + "\n";
  }
  return lines + "ready all\n";
}

}  // namespace pacedns::simulator
