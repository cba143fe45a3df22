#include "pacedns/upstream/udp_transport.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "pacedns/dns/wire.hpp"
#include "pacedns/net/connected_datagrams.hpp"

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

constexpr int kBatchesPerWakeUp = 4;

constexpr unsigned kIdBits = 16;

}  // namespace

class UdpTransport::Socket {
 public:
  Socket(UdpTransport& transport, std::uint64_t serial_number)
      : owner(&transport), serial(serial_number), socket(transport.context_.io) {}

  UdpTransport* owner;  // nullptr once closed: a wake-up that was under way finds nobody
  std::uint64_t serial;
  udp::socket socket;
  MessageIdTable outstanding;
  std::vector<Unsent> unsent;  // in the order of `unsent_octets`, and outstanding already
  std::vector<std::uint8_t> unsent_octets;
  std::size_t carried = 0;
  bool retired = false;
};

UdpTransport::UdpTransport(const TransportContext& context, const net::Endpoint& upstream,
                           metrics::UpstreamCounters& counters)
    : context_(context), counters_(counters), upstream_(upstream.udp()) {}

UdpTransport::~UdpTransport() {
  for (const auto& [serial, socket] : sockets_) {
    socket->owner = nullptr;
    // Its wake-up holds it and would keep it open.
    error_code ignored;
    socket->socket.close(ignored);
  }
}

boost::system::result<Transport::Ticket> UdpTransport::send(const ExchangeKey& key, Bytes query,
                                                            Spelling spelling, TimePoint now) {
  static_cast<void>(now);
  const auto chosen = choose_socket(key.transmission > 0);
  if (!chosen) return chosen.error();
  const SocketPointer& socket = *chosen;
  socket->unsent_octets.insert(socket->unsent_octets.end(), query.begin(), query.end());
  const std::uint16_t id = socket->outstanding.add(key, query, spelling, context_.random,
                                                   MutableBytes(socket->unsent_octets).last(query.size()));
  if (socket->unsent.empty()) {
    boost::asio::post(context_.io, [socket = socket] {
      if (socket->owner != nullptr) socket->owner->flush(socket);
    });
  }
  socket->unsent.push_back({id, query.size()});
  if (++socket->carried >= kQueriesPerSocket && sockets_.size() < kMaxSockets) retire(socket);
  return (socket->serial << kIdBits) | id;
}

void UdpTransport::flush(const SocketPointer& socket) {
  const std::vector<Unsent> queries = std::exchange(socket->unsent, {});
  prepare_messages(queries, socket->unsent_octets);
  const net::SendOutcome outcome = net::send_connected(socket->socket, messages_);
  socket->unsent_octets.clear();
  tell(socket, queries, outcome);
}

void UdpTransport::prepare_messages(std::span<const Unsent> queries, MutableBytes octets) {
  parts_.resize(queries.size());
  messages_.assign(queries.size(), {});
  for (std::size_t i = 0; i < queries.size(); ++i) {
    parts_[i] = {octets.data(), queries[i].size};
    octets = octets.subspan(queries[i].size);
    messages_[i].msg_hdr.msg_iov = &parts_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
}

// Whatever is heard is about all that have left by then. The observer may send again, and even let go of this
// transport: the socket alone is sure to be there.
void UdpTransport::tell(const SocketPointer& socket, std::span<const Unsent> queries,
                        const net::SendOutcome& outcome) {
  if (outcome.failures.empty() && !outcome.news) return;
  const TimePoint now = steady_now();
  if (sockets_.size() < kMaxSockets) retire(socket);
  for (const auto& [place, error] : outcome.failures) {
    if (socket->owner == nullptr) return;
    const auto key = socket->outstanding.remove(queries[place].id);
    socket->owner->close_if_done(socket);
    if (key) context_.observer.on_failure(*key, error, now);
  }
  if (!outcome.news || socket->owner == nullptr) return;
  auto unaware = queries.subspan(outcome.unaware);
  // Replies that came before the error count, and an error that is heard by now is about all.
  if (receive_all(socket, now)) unaware = {};
  if (socket->owner != nullptr) fail_sent(socket, outcome.news, unaware, now);
}

void UdpTransport::cancel(Ticket ticket) {
  const auto found = sockets_.find(ticket >> kIdBits);
  if (found == sockets_.end()) return;
  const SocketPointer socket = found->second;
  socket->outstanding.remove(static_cast<std::uint16_t>(ticket & 0xffff));
  close_if_done(socket);
}

// A retransmission's socket takes the place of the oldest open one: what was silent may be that one's
// address, which the host has no longer, or its way through a NAT. With many outstanding it stands beside
// it: the more are open, the more can be carried.
boost::system::result<UdpTransport::SocketPointer> UdpTransport::choose_socket(bool fresh) {
  if (open_.size() < kOpenSockets || (fresh && sockets_.size() < kMaxSockets)) {
    auto opened = open_socket();
    if (opened && open_.size() > kOpenSockets && sockets_.size() <= kMaxSockets / 2) {
      const SocketPointer oldest = open_.front();
      retire(oldest);
      close_if_done(oldest);
    }
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
  if (!error) error = net::report_all_icmp_errors(socket->socket);
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
  if (error && socket->owner != nullptr) fail_sent(socket, error, std::vector(socket->unsent), now);
  if (socket->owner != nullptr) await_replies(socket);
}

// An error is told before the replies that came before it; those are taken all the same.
error_code UdpTransport::receive_all(const SocketPointer& socket, TimePoint now) {
  error_code news;
  bool idle = true;
  for (int i = 0; i < kBatchesPerWakeUp && socket->owner != nullptr; ++i) {
    const auto received = replies_.receive(socket->socket.native_handle());
    if (!received) {
      news = received.error();
      continue;
    }
    idle &= *received == 0;
    for (std::size_t slot = 0; slot < *received && socket->owner != nullptr; ++slot)
      on_datagram(socket, replies_.datagram(slot), now);
    if (socket->owner == nullptr || *received < net::ReplyBatch::kSlots) break;
  }
  if (socket->owner == nullptr || !(idle || news)) return news;
  const error_code queued = net::take_queued_error(socket->socket);
  return news ? news : queued;
}

void UdpTransport::on_datagram(const SocketPointer& socket, Bytes datagram, TimePoint now) {
  std::optional<dns::MessageView> reply;
  const auto key = socket->outstanding.match(datagram, reply);
  if (!key) {
    context_.counters.add(metrics::Counter::UpstreamMismatches);
    counters_.add(metrics::UpstreamCounter::Mismatches);
    const auto suspicion = socket->outstanding.suspect(datagram);
    if (!suspicion) return;
    if (sockets_.size() < kMaxSockets) retire(socket);  // somebody may have found its port
    context_.observer.on_suspicion(*suspicion, now);
    return;
  }
  context_.counters.add(metrics::Counter::UpstreamReplies);
  close_if_done(socket);
  context_.observer.on_reply(*key, *reply, now);
}

void UdpTransport::fail_sent(const SocketPointer& socket, error_code error, std::span<const Unsent> unsent,
                             TimePoint now) {
  retire(socket);
  std::vector<std::uint16_t> spared;
  for (const Unsent& query : unsent)
    spared.push_back(query.id);
  // The observer may cancel those that follow, and even let go of this transport.
  while (socket->owner != nullptr) {
    const auto key = socket->outstanding.take_one(spared);
    close_if_done(socket);
    if (!key) return;
    context_.observer.on_failure(*key, error, now);
  }
}

}  // namespace pacedns::upstream
