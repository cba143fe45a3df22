#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include <boost/asio/ip/udp.hpp>

#include "pacedns/metrics/upstream_counters.hpp"
#include "pacedns/net/connected_datagrams.hpp"
#include "pacedns/net/endpoint.hpp"
#include "pacedns/net/reply_batch.hpp"
#include "pacedns/upstream/message_id_table.hpp"
#include "pacedns/upstream/transport.hpp"

namespace pacedns::upstream {

/// Queries over UDP from many sockets, each connected to the upstream from a port that the kernel chose at
/// random. A few sockets are open for new queries at a time; each query picks one of them at random and
/// takes a random ID there. A socket that has carried its share is replaced by one with another port and
/// closed when its last query is over (RFC 5452 §9.2).
///
/// Queries leave when the event loop has done what it woke up for, those of a socket together.
///
/// ICMP errors reach a connected socket as errors of its next call. They are about the upstream, so all
/// queries that have left there fail.
class UdpTransport final : public Transport {
 public:
  UdpTransport(const TransportContext& context, const net::Endpoint& upstream,
               metrics::UpstreamCounters& counters);
  ~UdpTransport() override;
  UdpTransport(const UdpTransport&) = delete;
  UdpTransport& operator=(const UdpTransport&) = delete;

  [[nodiscard]] boost::system::result<Ticket> send(const ExchangeKey& key, Bytes query, Spelling spelling,
                                                   TimePoint now) override;
  void cancel(Ticket ticket) override;

  [[nodiscard]] std::size_t socket_count() const { return sockets_.size(); }

 private:
  class Socket;
  using SocketPointer = std::shared_ptr<Socket>;

  /// A query that has been given to `send`; its octets stand behind those of the one before.
  struct Unsent {
    std::uint16_t id;
    std::size_t size;
  };

  /// `fresh`: another port than an earlier transmission of the same exchange had.
  [[nodiscard]] boost::system::result<SocketPointer> choose_socket(bool fresh);
  [[nodiscard]] boost::system::result<SocketPointer> open_socket();

  /// Sends what has been given to `send` for this socket, with one call unless errors come between.
  void flush(const SocketPointer& socket);
  void prepare_messages(std::span<const Unsent> queries, MutableBytes octets);
  /// What became of `queries`, and of those that left before.
  void tell(const SocketPointer& socket, std::span<const Unsent> queries, const net::SendOutcome& outcome);

  void retire(const SocketPointer& socket);
  void close_if_done(const SocketPointer& socket);

  static void await_replies(const SocketPointer& socket);
  void on_readable(const SocketPointer& socket);
  [[nodiscard]] boost::system::error_code receive_all(const SocketPointer& socket, TimePoint now);
  void on_datagram(const SocketPointer& socket, Bytes datagram, TimePoint now);
  /// Fails all that are outstanding on the socket but `unsent`.
  void fail_sent(const SocketPointer& socket, boost::system::error_code error, std::span<const Unsent> unsent,
                 TimePoint now);

  TransportContext context_;
  metrics::UpstreamCounters& counters_;
  boost::asio::ip::udp::endpoint upstream_;
  std::unordered_map<std::uint64_t, SocketPointer> sockets_;  // by serial number
  std::vector<SocketPointer> open_;                           // those that take new queries
  std::uint64_t next_serial_ = 0;
  net::ReplyBatch replies_;
  std::vector<mmsghdr> messages_;
  std::vector<iovec> parts_;
};

}  // namespace pacedns::upstream
