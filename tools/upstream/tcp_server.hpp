#pragma once

// The TCP side of one upstream: many queries a connection, each with a delay of its own, replies as they
// become due (RFC 7766 §6.2.1).

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "upstream/delay_queue.hpp"
#include "upstream/simulated_upstream.hpp"
#include "upstream/tcp_session.hpp"

namespace pacedns::simulator {

class TcpServer : public ReplySink {
 public:
  /// Idle connections are closed after this time.
  static constexpr Duration kIdleTimeout = std::chrono::seconds(30);

  /// `upstream` and `delays` outlive this object, and it outlives the handlers of `context`.
  TcpServer(boost::asio::io_context& context, boost::asio::ip::tcp::socket reservation,
            const net::Endpoint& endpoint, SimulatedUpstream& upstream, DelayQueue& delays);

  void start();
  void stop();

  /// Brings the listening socket in line with the upstream's settings.
  void update();

  void send(Reply& reply, TimePoint now) override;
  void flush() override {}

 private:
  using Session = std::shared_ptr<TcpSession>;

  static boost::asio::awaitable<void> accept_sessions(TcpServer* server);
  static boost::asio::awaitable<void> close_idle(TcpServer* server);
  static boost::asio::awaitable<void> read_queries(TcpServer* server, Session session);
  static boost::asio::awaitable<void> write_replies(TcpServer* server, Session session);

  void add_session(boost::asio::ip::tcp::socket socket);
  void on_query(const Session& session, Bytes wire);
  void close(const Session& session);
  void close_all();

  boost::asio::io_context& context_;
  boost::asio::ip::tcp::socket reservation_;
  net::Endpoint endpoint_;
  SimulatedUpstream& upstream_;
  DelayQueue& delays_;
  std::optional<boost::asio::ip::tcp::acceptor> acceptor_;
  boost::asio::steady_timer idle_timer_;
  boost::asio::steady_timer retry_timer_;
  bool stopped_ = false;
  std::uint64_t next_session_ = 1;
  std::unordered_map<std::uint64_t, Session> sessions_;
  Reply reply_;
};

}  // namespace pacedns::simulator
