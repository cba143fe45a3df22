#include "pacedns/upstream/udp_transport.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include "pacedns/dns/wire.hpp"

namespace pacedns::upstream {
namespace {

using boost::asio::ip::udp;
using boost::system::error_code;

/// Sockets that take new queries at a time, and how many queries each carries. Every query has its own ID,
/// so sharing costs an attacker nothing less to guess; replacing sockets keeps ports from being learned.
constexpr std::size_t kOpenSockets = 4;
constexpr std::size_t kQueriesPerSocket = 32;

/// Beyond this the open sockets go on carrying queries instead of being replaced. With 64 upstreams and
/// slow replies this bounds the descriptors of a worker.
constexpr std::size_t kMaxSockets = 256;

/// And a socket carries no more than this at a time, so that looking up an ID stays cheap.
constexpr std::size_t kMaxOutstanding = 1024;

constexpr std::size_t kMaxDatagram = 65535;
constexpr int kDatagramsPerWakeUp = 64;

constexpr unsigned kIdBits = 16;

/// Errors that a call on a connected socket may return on account of an earlier datagram.
bool comes_by_icmp(error_code error) {
  namespace errc = boost::system::errc;
  return error == errc::connection_refused || error == errc::host_unreachable ||
         error == errc::network_unreachable || error == errc::protocol_error ||
         error == errc::no_protocol_option || error == errc::permission_denied;
}

/// With IP_RECVERR the kernel also tells that a queue of ours was full.
bool is_full_queue(error_code error) {
  namespace errc = boost::system::errc;
  return error == errc::no_buffer_space || error == errc::resource_unavailable_try_again ||
         error == errc::operation_would_block;
}

/// Without this a connected socket hears of closed ports only, not of unreachable hosts and networks
/// (ip(7), IP_RECVERR).
error_code report_all_icmp_errors(int socket, bool v6) {
  const int enabled = 1;
  const int result = v6 ? ::setsockopt(socket, IPPROTO_IPV6, IPV6_RECVERR, &enabled, sizeof(enabled))
                        : ::setsockopt(socket, IPPROTO_IP, IP_RECVERR, &enabled, sizeof(enabled));
  return result == 0 ? error_code{} : error_code(errno, boost::system::system_category());
}

}  // namespace

class UdpTransport::Socket {
 public:
  Socket(UdpTransport& transport, std::uint64_t serial_number)
      : owner(&transport), serial(serial_number), socket(transport.context_.io) {}

  UdpTransport* owner;  // nullptr once closed: a wake-up that was under way finds nobody
  std::uint64_t serial;
  udp::socket socket;
  MessageIdTable outstanding;
  std::size_t carried = 0;
  bool retired = false;
};

UdpTransport::UdpTransport(const TransportContext& context, const net::Endpoint& upstream)
    : context_(context), upstream_(upstream.udp()), datagram_(kMaxDatagram) {}

UdpTransport::~UdpTransport() {
  for (const auto& [serial, socket] : sockets_) {
    socket->owner = nullptr;
    // Its wake-up holds it and would keep it open.
    error_code ignored;
    socket->socket.close(ignored);
  }
}

boost::system::result<Transport::Ticket> UdpTransport::send(const ExchangeKey& key, Bytes query,
                                                            TimePoint now) {
  static_cast<void>(now);
  const bool fresh = key.transmission > 0;
  const auto sent = try_to_send(choose_socket(fresh), key, query);
  if (sent || !comes_by_icmp(sent.error())) return sent;
  // It may be the news of an earlier query, which this call only delivered.
  return try_to_send(open_socket(), key, query);
}

boost::system::result<Transport::Ticket> UdpTransport::try_to_send(
    const boost::system::result<SocketPointer>& chosen, const ExchangeKey& key, Bytes query) {
  if (!chosen) return chosen.error();
  const SocketPointer& socket = *chosen;
  const std::uint16_t id = socket->outstanding.add(key, query, context_.random);
  std::array<std::uint8_t, 2> id_octets{};
  dns::store_u16(id_octets, 0, id);
  const std::array<boost::asio::const_buffer, 2> parts{
      boost::asio::buffer(id_octets), boost::asio::buffer(query.data() + 2, query.size() - 2)};
  error_code error;
  socket->socket.send(parts, 0, error);
  // A full queue drops a datagram as the network does: the reply will be missed like any other.
  if (error && !is_full_queue(error)) {
    socket->outstanding.remove(id);
    if (comes_by_icmp(error)) fail_later(socket, error);
    return error;
  }
  if (++socket->carried >= kQueriesPerSocket && sockets_.size() < kMaxSockets) retire(socket);
  return (socket->serial << kIdBits) | id;
}

void UdpTransport::cancel(Ticket ticket) {
  const auto found = sockets_.find(ticket >> kIdBits);
  if (found == sockets_.end()) return;
  const SocketPointer socket = found->second;
  socket->outstanding.remove(static_cast<std::uint16_t>(ticket & 0xffff));
  close_if_done(socket);
}

boost::system::result<UdpTransport::SocketPointer> UdpTransport::choose_socket(bool fresh) {
  if (open_.size() < kOpenSockets || (fresh && sockets_.size() < kMaxSockets)) {
    auto opened = open_socket();
    if (opened || open_.empty()) return opened;
  }
  const SocketPointer& socket = open_[context_.random.below(static_cast<std::uint32_t>(open_.size()))];
  if (socket->outstanding.size() >= kMaxOutstanding) return boost::asio::error::no_buffer_space;
  return socket;
}

boost::system::result<UdpTransport::SocketPointer> UdpTransport::open_socket() {
  auto socket = std::make_shared<Socket>(*this, next_serial_);
  error_code error;
  socket->socket.open(upstream_.protocol(), error);
  if (!error) error = report_all_icmp_errors(socket->socket.native_handle(), upstream_.address().is_v6());
  if (!error) socket->socket.connect(upstream_, error);
  if (!error) socket->socket.non_blocking(true, error);
  if (error) return error;
  ++next_serial_;
  sockets_.emplace(socket->serial, socket);
  open_.push_back(socket);
  await_replies(socket);
  return socket;
}

void UdpTransport::retire(const SocketPointer& socket) {
  socket->retired = true;
  std::erase(open_, socket);
}

void UdpTransport::close_if_done(const SocketPointer& socket) {
  // Retransmissions have opened more than are needed.
  if (socket->outstanding.empty() && open_.size() > kOpenSockets) retire(socket);
  if (!socket->retired || !socket->outstanding.empty() || socket->owner == nullptr) return;
  socket->owner = nullptr;
  error_code ignored;
  socket->socket.close(ignored);
  sockets_.erase(socket->serial);
}

void UdpTransport::await_replies(const SocketPointer& socket) {
  socket->socket.async_wait(udp::socket::wait_read, [socket](error_code error) {
    if (!error && socket->owner != nullptr) socket->owner->on_readable(socket);
  });
}

void UdpTransport::on_readable(const SocketPointer& socket) {
  const TimePoint now = steady_now();
  const error_code error = receive_all(socket, now);
  if (error) fail_all(socket, error, now);
  if (socket->owner != nullptr) await_replies(socket);
}

// An error is told before the replies that came before it; those are taken all the same.
error_code UdpTransport::receive_all(const SocketPointer& socket, TimePoint now) {
  error_code news;
  for (int i = 0; i < kDatagramsPerWakeUp && socket->owner != nullptr; ++i) {
    error_code error;
    const std::size_t size = socket->socket.receive(boost::asio::buffer(datagram_), 0, error);
    if (error == boost::asio::error::would_block) break;
    if (error) {
      news = error;
    } else {
      on_datagram(socket, Bytes(datagram_).first(size), now);
    }
  }
  return news;
}

void UdpTransport::on_datagram(const SocketPointer& socket, Bytes datagram, TimePoint now) {
  std::optional<dns::MessageView> reply;
  const auto key = socket->outstanding.match(datagram, reply);
  if (!key) {
    context_.counters.add(metrics::Counter::UpstreamMismatches);
    return;
  }
  context_.counters.add(metrics::Counter::UpstreamReplies);
  close_if_done(socket);
  context_.observer.on_reply(*key, *reply, now);
}

void UdpTransport::fail_later(const SocketPointer& socket, error_code error) {
  retire(socket);
  boost::asio::post(context_.io, [socket, error] {
    const TimePoint now = steady_now();
    if (socket->owner != nullptr) static_cast<void>(socket->owner->receive_all(socket, now));
    if (socket->owner != nullptr) socket->owner->fail_all(socket, error, now);
  });
}

void UdpTransport::fail_all(const SocketPointer& socket, error_code error, TimePoint now) {
  retire(socket);
  // The observer may cancel those that follow, and even let go of this transport.
  while (socket->owner != nullptr) {
    const auto key = socket->outstanding.take_one();
    close_if_done(socket);
    if (key) context_.observer.on_failure(*key, error, now);
  }
}

}  // namespace pacedns::upstream
