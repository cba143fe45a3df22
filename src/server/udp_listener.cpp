#include "pacedns/server/udp_listener.hpp"

#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

namespace pacedns::server {
namespace {

using boost::asio::ip::udp;
using boost::system::error_code;

/// Timers and upstream replies get their turn after so many batches, however many queries are waiting.
constexpr int kBatchesPerWakeUp = 8;

/// At the end: more than fits into a receive buffer of 4 MiB, whose datagrams count 768 octets or more each.
constexpr int kLastWakeUps = 32;

}  // namespace

UdpListener::UdpListener(udp::socket socket, std::uint32_t id, const AccessControl& access,
                         QueryHandler& handler, metrics::Counters& counters)
    : socket_(std::move(socket)), access_(access), handler_(handler), counters_(counters) {
  for (std::size_t slot = 0; slot < incoming_.size(); ++slot) {
    incoming_[slot].client.listener = id;
    incoming_[slot].reply = batch_.reply_space(slot);
  }
}

void UdpListener::stop() {
  error_code ignored;
  socket_.cancel(ignored);
  stopped_ = true;
}

// A connected socket receives from its peer only, but sends to everybody: connected to itself it hears
// nothing new.
void UdpListener::retire() {
  stop();
  error_code ignored;
  socket_.connect(socket_.local_endpoint(ignored), ignored);
  for (int i = 0; i < kLastWakeUps && on_readable(); ++i) {
  }
}

void UdpListener::close() {
  flush();
  error_code ignored;
  socket_.close(ignored);
}

void UdpListener::send(const Client& client, Bytes reply) {
  if (late_replies_.full()) flush();
  if (late_replies_.empty()) boost::asio::post(socket_.get_executor(), [this] { flush(); });
  late_replies_.push(client.peer, reply);
}

void UdpListener::flush() {
  count_dropped(late_replies_.flush(socket_.native_handle()));
}

void UdpListener::count_dropped(std::size_t replies) {
  if (replies > 0) counters_.add(metrics::Counter::DroppedReplies, replies);
}

void UdpListener::wait() {
  socket_.async_wait(udp::socket::wait_read, [this](error_code error) {
    if (error || stopped_) return;
    on_readable();
    wait();
  });
}

bool UdpListener::on_readable() {
  const TimePoint now = steady_now();
  for (int i = 0; i < kBatchesPerWakeUp; ++i) {
    const auto received = batch_.receive(socket_.native_handle());
    // Errors of a socket that is not connected are about replies sent earlier; the next call succeeds.
    if (!received) {
      spdlog::debug("event=receive_failed transport=udp error=\"{}\"", received.error().message());
      continue;
    }
    if (*received == 0) return false;
    handle_batch(*received, now);
    if (*received < net::DatagramBatch::kSlots) return false;
  }
  return true;
}

void UdpListener::handle_batch(std::size_t received, TimePoint now) {
  const std::span batch = std::span(incoming_).first(received);
  counters_.add(metrics::Counter::QueriesUdp, received);
  for (std::size_t slot = 0; slot < received; ++slot) {
    batch[slot].query = batch_.datagram(slot);
    batch[slot].client.peer = batch_.peer(slot);
    batch[slot].allowed = access_.allows(batch_.peer(slot).address());
  }
  handler_.on_queries(batch, now);
  for (std::size_t slot = 0; slot < received; ++slot) {
    const Handled& handled = batch[slot].handled;
    if (handled.when == Handled::When::Now) batch_.queue_reply(slot, handled.size);
  }
  count_dropped(batch_.flush(socket_.native_handle()));
}

}  // namespace pacedns::server
