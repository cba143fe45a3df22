#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "pacedns/base/bytes.hpp"
#include "pacedns/base/random.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/stream_framer.hpp"
#include "pacedns/upstream/message_id_table.hpp"

namespace pacedns::upstream {

/// One TCP connection to an upstream: connects, writes what is queued, reads replies, and goes away when it
/// breaks, has been idle, or the peer has been silent for as long. It knows exchanges by the number in
/// `ExchangeKey::flight`.
class TcpConnection {
 public:
  /// About what servers grant (RFC 7766 §6.2.3), and no shorter than the longest flight.
  static constexpr Duration kIdleTimeout = std::chrono::seconds(10);

  /// Whom it belongs to.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void on_stream_reply(std::uint64_t exchange, const dns::MessageView& reply, TimePoint now) = 0;
    virtual void on_mismatch() = 0;
    /// The reply that follows does not keep the letter case of the query.
    virtual void on_letter_case_lost(std::uint64_t exchange, TimePoint now) = 0;

    /// Called once, as the last thing; the exchanges are those that got no reply.
    virtual void on_closed(const TcpConnection& connection, std::vector<ExchangeKey> exchanges,
                           boost::system::error_code error, TimePoint now) = 0;
  };

  /// Begins to connect. The connection lives until it is closed; the owner may let go of it before.
  static std::shared_ptr<TcpConnection> open(boost::asio::io_context& io,
                                             const boost::asio::ip::tcp::endpoint& peer, Owner& owner,
                                             Duration idle_timeout = kIdleTimeout);

  TcpConnection(boost::asio::io_context& io, Owner& owner, Duration idle_timeout);

  /// Queues a query behind its length; returns the random ID it was given. The octets of its question must
  /// stay where they are until the exchange is over.
  std::uint16_t send(std::uint64_t exchange, Bytes query, Spelling spelling, Random& random, TimePoint now);
  void forget(std::uint16_t id) { outstanding_.remove(id); }

  /// Whether it has brought a reply before: the peer may have closed it since.
  [[nodiscard]] bool reused() const { return reused_; }

  [[nodiscard]] bool connected() const { return connected_; }

  /// Closes without a word to the owner.
  void abandon();

 private:
  using Pointer = std::shared_ptr<TcpConnection>;

  static boost::asio::awaitable<void> run(Pointer self, boost::asio::ip::tcp::endpoint peer);
  static boost::asio::awaitable<void> write_queued(Pointer self);
  static boost::asio::awaitable<void> close_when_idle(Pointer self);

  void start_writing(const Pointer& self);
  void on_message(Bytes message, TimePoint now);
  void close(boost::system::error_code error, TimePoint now);

  Owner* owner_;  // nullptr once closed
  Duration idle_timeout_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer idle_;
  std::weak_ptr<TcpConnection> self_;
  TimePoint last_activity_;  // of the peer, or of ours while nothing is awaited from it
  bool awaiting_peer_ = false;
  MessageIdTable outstanding_;
  dns::StreamFramer framer_;
  std::deque<std::vector<std::uint8_t>> queued_;
  bool connected_ = false;
  bool writing_ = false;
  bool reused_ = false;
};

}  // namespace pacedns::upstream
