#include "pacedns/server/udp_listener.hpp"

#include <utility>

#include <spdlog/spdlog.h>

namespace pacedns::server {
namespace {

using boost::asio::ip::udp;
using boost::system::error_code;

/// Timers and upstream replies get their turn after so many batches, however many queries are waiting.
constexpr int kBatchesPerWakeUp = 8;

}  // namespace

UdpListener::UdpListener(udp::socket socket, std::uint32_t id, const AccessControl& access,
                         QueryHandler& handler, metrics::Counters& counters)
    : socket_(std::move(socket)), id_(id), access_(access), handler_(handler), counters_(counters) {}

void UdpListener::stop() {
  error_code ignored;
  socket_.cancel(ignored);
  stopped_ = true;
}

void UdpListener::send(const Client& client, Bytes reply) {
  if (!net::send_reply(socket_.native_handle(), client.peer, reply)) {
    counters_.add(metrics::Counter::DroppedReplies);
  }
}

void UdpListener::wait() {
  socket_.async_wait(udp::socket::wait_read, [this](error_code error) {
    if (error || stopped_) return;
    on_readable();
    wait();
  });
}

void UdpListener::on_readable() {
  const TimePoint now = steady_now();
  for (int i = 0; i < kBatchesPerWakeUp; ++i) {
    const auto received = batch_.receive(socket_.native_handle());
    // Errors of a socket that is not connected are about replies sent earlier; the next call succeeds.
    if (!received) {
      spdlog::debug("event=receive_failed transport=udp error=\"{}\"", received.error().message());
      continue;
    }
    if (*received == 0) return;
    handle_batch(*received, now);
    if (*received < net::DatagramBatch::kSlots) return;
  }
}

void UdpListener::handle_batch(std::size_t received, TimePoint now) {
  Client client;
  client.listener = id_;
  for (std::size_t slot = 0; slot < received; ++slot) {
    counters_.add(metrics::Counter::QueriesUdp);
    client.peer = batch_.peer(slot);
    const bool allowed = access_.allows(client.peer.address());
    const Handled handled =
        handler_.on_query(batch_.datagram(slot), client, allowed, now, batch_.reply_space(slot));
    if (handled.when == Handled::When::Now) batch_.queue_reply(slot, handled.size);
  }
  const std::size_t failed = batch_.flush(socket_.native_handle());
  if (failed > 0) counters_.add(metrics::Counter::DroppedReplies, failed);
}

}  // namespace pacedns::server
