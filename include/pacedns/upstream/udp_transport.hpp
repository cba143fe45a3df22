#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include <boost/asio/ip/udp.hpp>

#include "pacedns/net/endpoint.hpp"
#include "pacedns/upstream/message_id_table.hpp"
#include "pacedns/upstream/transport.hpp"

namespace pacedns::upstream {

/// Queries over UDP from many sockets, each connected to the upstream from a port that the kernel chose at
/// random. A few sockets are open for new queries at a time; each query picks one of them at random and
/// takes a random ID there. A socket that has carried its share is replaced by one with another port and
/// closed when its last query is over (RFC 5452 §9.2).
///
/// ICMP errors reach a connected socket as errors of its next call. They are about the upstream, so all
/// queries outstanding there fail.
class UdpTransport final : public Transport {
 public:
  UdpTransport(const TransportContext& context, const net::Endpoint& upstream);
  ~UdpTransport() override;
  UdpTransport(const UdpTransport&) = delete;
  UdpTransport& operator=(const UdpTransport&) = delete;

  [[nodiscard]] boost::system::result<Ticket> send(const ExchangeKey& key, Bytes query,
                                                   TimePoint now) override;
  void cancel(Ticket ticket) override;

  [[nodiscard]] std::size_t socket_count() const { return sockets_.size(); }

 private:
  class Socket;
  using SocketPointer = std::shared_ptr<Socket>;

  /// `fresh`: another port than an earlier transmission of the same exchange had.
  [[nodiscard]] boost::system::result<SocketPointer> choose_socket(bool fresh);
  [[nodiscard]] boost::system::result<SocketPointer> open_socket();
  [[nodiscard]] boost::system::result<Ticket> try_to_send(const boost::system::result<SocketPointer>& chosen,
                                                          const ExchangeKey& key, Bytes query);
  void retire(const SocketPointer& socket);
  void close_if_done(const SocketPointer& socket);

  static void await_replies(const SocketPointer& socket);
  void on_readable(const SocketPointer& socket);
  [[nodiscard]] boost::system::error_code receive_all(const SocketPointer& socket, TimePoint now);
  void on_datagram(const SocketPointer& socket, Bytes datagram, TimePoint now);
  /// Not from within a call of the owner's.
  void fail_later(const SocketPointer& socket, boost::system::error_code error);
  void fail_all(const SocketPointer& socket, boost::system::error_code error, TimePoint now);

  TransportContext context_;
  boost::asio::ip::udp::endpoint upstream_;
  std::unordered_map<std::uint64_t, SocketPointer> sockets_;  // by serial number
  std::vector<SocketPointer> open_;                           // those that take new queries
  std::uint64_t next_serial_ = 0;
  std::vector<std::uint8_t> datagram_;
};

}  // namespace pacedns::upstream
