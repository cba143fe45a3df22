#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "pacedns/net/listening_socket.hpp"
#include "pacedns/server/listeners.hpp"
#include "pacedns/server/query_handler.hpp"

#include "support/loopback.hpp"
#include "support/message_builder.hpp"

// A handler that listeners hand queries to, and listeners on a free port of loopback.

namespace pacedns::test {

/// Answers each query with itself, unless told otherwise.
class ScriptedHandler : public server::QueryHandler {
 public:
  struct Seen {
    Octets query;
    server::Client client;
    bool allowed;
  };

  void on_queries(std::span<server::Incoming> batch, TimePoint) override {
    batches.push_back(batch.size());
    for (server::Incoming& incoming : batch) {
      const Bytes query = incoming.query;
      seen.push_back({Octets(query.begin(), query.end()), incoming.client, incoming.allowed});
      reply_room = incoming.reply.size();
      incoming.handled =
          answer ? answer(seen.back(), incoming.reply) : echo(seen.back().query, incoming.reply);
    }
  }

  static server::Handled echo(const Octets& reply, MutableBytes space) {
    std::ranges::copy(reply, space.begin());
    return server::Handled::now(reply.size());
  }

  static server::Handled later(const Seen&, MutableBytes) { return server::Handled::later(); }
  static server::Handled never(const Seen&, MutableBytes) { return server::Handled::never(); }

  std::vector<Seen> seen;
  std::vector<std::size_t> batches;  // how many came at a time
  std::size_t reply_room = 0;
  std::function<server::Handled(const Seen&, MutableBytes)> answer;
};

/// Listeners that are bound and started.
struct ServerProbe {
  static server::ServerOptions options(std::size_t connections = 100,
                                       Duration idle_timeout = std::chrono::minutes(1)) {
    server::ServerOptions result;
    result.allow = server::loopback_prefixes();
    result.tcp.connections = connections;
    result.tcp.idle_timeout = idle_timeout;
    return result;
  }

  explicit ServerProbe(const server::ServerOptions& chosen = options(), const char* address = "127.0.0.1")
      : at(net::claim_endpoint(loopback(address)).value()),
        listeners(loop.io, chosen, open_connections, handler, counters) {
    listeners.add(0, net::open_both(loop.io, at).value());
  }

  void await_queries(std::size_t count) {
    loop.until([&] { return handler.seen.size() >= count; });
  }
  void await_connections(std::size_t count) {
    loop.until([&] { return open_connections.total() == count; });
  }
  [[nodiscard]] std::uint64_t count(metrics::Counter counter) const { return counters.get(counter); }

  EventLoop loop;
  metrics::Counters counters;
  server::ConnectionCount open_connections;
  ScriptedHandler handler;
  net::Endpoint at;
  server::Listeners listeners;
};

}  // namespace pacedns::test
