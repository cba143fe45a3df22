#include "upstream/udp_server.hpp"

#include <utility>

#include "upstream/port_binding.hpp"

namespace pacedns::simulator {
namespace {

/// After so many the other upstreams get their turn.
constexpr int kBatchesPerWakeUp = 16;

}  // namespace

void UdpServer::stop() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void UdpServer::update() {
  const bool refused = upstream_.behaviour().refuse;
  if (refused == refused_) return;
  refuse_datagrams(socket_, refused);
  refused_ = refused;
}

void UdpServer::wait() {
  socket_.async_wait(boost::asio::ip::udp::socket::wait_read, [this](const boost::system::error_code& error) {
    if (error == boost::asio::error::operation_aborted || !socket_.is_open()) return;
    on_readable();
    wait();
  });
}

void UdpServer::on_readable() {
  const TimePoint now = steady_now();
  for (int batch = 0; batch < kBatchesPerWakeUp; ++batch) {
    const std::size_t count = received_.receive(socket_.native_handle());
    for (std::size_t i = 0; i < count; ++i)
      on_query(received_.octets(i), received_.peer(i), now);
    flush();
    if (count < kBatchSize) break;
  }
}

void UdpServer::on_query(Bytes wire, const boost::asio::ip::udp::endpoint& peer, TimePoint now) {
  if (refused_) return;
  const auto delay = upstream_.handle(wire, Transport::Udp, {peer.address(), peer.port()}, now, reply_);
  if (!delay) return;
  if (*delay == Duration::zero()) {
    send(reply_, now);
  } else {
    delays_.add(now + *delay, *this, reply_);
  }
}

void UdpServer::send(Reply& reply, TimePoint now) {
  if (refused_) return upstream_.note_dropped(reply.subject, "refused", now);
  const auto peer = reply.subject.peer.udp();
  for (unsigned copy = 1; copy <= reply.copies; ++copy) {
    if (outgoing_.full()) flush();
    upstream_.note_sent(reply, now);
    std::vector<std::uint8_t>& slot = outgoing_.add(peer);
    if (copy == reply.copies) {
      std::swap(slot, reply.octets);
    } else {
      slot = reply.octets;
    }
  }
}

void UdpServer::flush() {
  outgoing_.flush(socket_.native_handle());
}

}  // namespace pacedns::simulator
