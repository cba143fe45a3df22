#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "pacedns/cache/message_cache.hpp"
#include "pacedns/forward/forwarder.hpp"
#include "pacedns/forward/settings.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/net/listening_socket.hpp"
#include "pacedns/server/listeners.hpp"
#include "pacedns/server/server_options.hpp"

namespace pacedns::app {

/// What workers share, apart from the configuration snapshot.
struct Shared {
  cache::MessageCache& cache;
  const cache::KeyHasher& hasher;
  server::ConnectionCount& open_connections;
};

/// A thread with an event loop of its own, its own sockets on every address, and its part of the forwarding.
class Worker {
 public:
  Worker(forward::PlanDriver::Place place, const server::ServerOptions& options, const Shared& shared);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void connect(std::vector<forward::Forwarder*> all) { forwarder_.connect(std::move(all), listeners_); }

  /// Starts the thread.
  void start();

  // From any thread; the worker's does it once it runs, in the order of the calls.
  void apply(std::shared_ptr<const forward::Settings> settings);
  void add_address(std::uint32_t id, net::ListeningSockets sockets);
  void retire_address(std::uint32_t id, Duration patience);

  /// Asks the worker's flights something: `ask(forward::PlanDriver&)` is called in the worker's thread, and
  /// its result comes back to who awaits it. Without an end if the worker ends meanwhile.
  template <typename Ask>
  [[nodiscard]] auto inquire(Ask ask) {
    return boost::asio::co_spawn(io_, answer(&forwarder_, std::move(ask)), boost::asio::use_awaitable);
  }

  // From any thread, while it runs.
  /// Takes no more queries; connections close once their clients have their replies.
  void stop_accepting();
  /// Clients that wait for this worker's flights.
  [[nodiscard]] std::size_t waiters();
  /// Closes connections and ends the thread.
  void stop();

  /// Whether it has done anything since this was last asked. Called by one thread.
  [[nodiscard]] bool has_responded();

  /// Where sockets for `add_address` are opened.
  [[nodiscard]] boost::asio::io_context& io() { return io_; }
  [[nodiscard]] forward::Forwarder& forwarder() { return forwarder_; }
  [[nodiscard]] const metrics::Counters& counters() const { return counters_; }

 private:
  template <typename Ask>
  static boost::asio::awaitable<std::invoke_result_t<Ask, forward::PlanDriver&>> answer(
      forward::Forwarder* forwarder, Ask ask) {
    co_return ask(forwarder->driver());
  }

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running_;
  metrics::Counters counters_;
  forward::Forwarder forwarder_;
  server::Listeners listeners_;
  std::atomic<bool> responded_{true};
  std::thread thread_;
};

}  // namespace pacedns::app
