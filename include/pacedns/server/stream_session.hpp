#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "pacedns/base/bytes.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/dns/stream_framer.hpp"
#include "pacedns/server/client.hpp"
#include "pacedns/server/outgoing_replies.hpp"
#include "pacedns/server/query_handler.hpp"

namespace pacedns::server {

/// One client's TCP connection (RFC 7766): queries are read as they come, replies are written as they come,
/// with one call for all that are there when the event loop has done what it woke up for. A client that does
/// not read its replies is no longer read from; one that neither completes a query nor takes a reply for the
/// idle timeout is closed, and nobody else waits for it.
class StreamSession {
 public:
  /// Whom it belongs to.
  class Owner {
   public:
    virtual ~Owner() = default;
    [[nodiscard]] virtual Duration idle_timeout() const = 0;
    /// Asked anew for each read: a reload may have changed it.
    [[nodiscard]] virtual bool allows(const boost::asio::ip::address& peer) const = 0;
    /// A reply of any size can be written here; the next query may overwrite it.
    [[nodiscard]] virtual MutableBytes reply_space() = 0;
    virtual void on_stream_query() = 0;
    /// Octets of replies that all its sessions have queued; each adds and subtracts its own.
    [[nodiscard]] virtual std::size_t& queued_octets() = 0;
    virtual void on_session_closed(std::uint64_t session) = 0;
  };

  StreamSession(boost::asio::ip::tcp::socket socket, const Client& client,
                const boost::asio::ip::address& peer, QueryHandler& handler, Owner& owner);

  static void start(const std::shared_ptr<StreamSession>& self);

  /// Queues the reply to a query that was handled "later".
  static void send(const std::shared_ptr<StreamSession>& self, Bytes reply);

  /// Takes no more queries than those that have come; closes when the replies to them are written.
  void stop_reading();

  /// Closes at once.
  void close();

 private:
  using Pointer = std::shared_ptr<StreamSession>;

  static boost::asio::awaitable<void> read_queries(Pointer self);
  static boost::asio::awaitable<void> watch_idleness(Pointer self);

  /// Handles the messages that are there, as many as may be, and writes the replies that are known at once.
  /// Returns whether there may be more messages.
  [[nodiscard]] static bool handle_queries(const Pointer& self, TimePoint now);
  void end_reading();
  void discard_unread();
  void on_message(Bytes query, bool allowed, TimePoint now);

  /// Writes what the client's window has room for, and the rest once it has more.
  static void write_replies(const Pointer& self, TimePoint now);

  void note_queued(std::size_t octets);
  [[nodiscard]] bool owes_too_much() const {
    return queued_ >= kMaxLateOctets && owner_->queued_octets() >= kMaxLateOctetsOfAll;
  }

  [[nodiscard]] bool takes_queries() const { return owner_ != nullptr && !read_to_end_ && !busy(); }
  [[nodiscard]] bool busy() const {
    return pending_ + replies_.count() >= kMaxPipelined || replies_.octets().size() >= kMaxQueuedOctets;
  }
  [[nodiscard]] bool drained() const { return pending_ == 0 && replies_.empty(); }

  /// While so many queries of one client are being resolved, or so much of their replies waits to be taken,
  /// no more are read from it. Bounds its memory.
  static constexpr std::size_t kMaxPipelined = 128;
  static constexpr std::size_t kMaxQueuedOctets = std::size_t{64} << 10;

  /// Replies that come later are not held back, and a whole pipeline of large ones may come at a time. Only
  /// when all sessions together have so much queued is a client closed whose own are as much.
  static constexpr std::size_t kMaxLateOctets = std::size_t{1} << 20;
  static constexpr std::size_t kMaxLateOctetsOfAll = std::size_t{64} << 20;

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer room_;  // cancelled when there is room for queries again
  boost::asio::steady_timer idle_;
  Client client_;
  boost::asio::ip::address peer_;
  QueryHandler& handler_;
  Owner* owner_;  // nullptr once closed
  dns::StreamFramer framer_;
  OutgoingReplies replies_;
  std::size_t pending_ = 0;  // queries without a reply yet
  std::size_t queued_ = 0;   // octets of replies, as the owner knows
  TimePoint last_progress_;
  bool write_posted_ = false;
  bool blocked_ = false;               // the client has no room for what is to be written
  std::optional<std::size_t> unread_;  // octets that had come when the last were asked for
  bool read_to_end_ = false;
};

}  // namespace pacedns::server
