#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "pacedns/cache/message_cache.hpp"
#include "pacedns/forward/forwarder.hpp"
#include "pacedns/net/listening_socket.hpp"
#include "pacedns/server/listeners.hpp"

#include "support/cache_messages.hpp"
#include "support/loopback.hpp"

namespace pacedns::test {

/// A worker of the daemon in the thread of the test, all of whose queries are hits, and the client that asks
/// them over loopback. Nothing stands in for anything: what `serve` runs is what a worker runs for a hit.
class HotWorker {
 public:
  /// Asks for so many names in turn.
  explicit HotWorker(unsigned names) {
    for (unsigned i = 0; i < names; ++i)
      learn("host" + std::to_string(i) + ".pool.example.com.");
    const net::Endpoint at = net::claim_endpoint(loopback()).value();
    forwarder_.connect({&forwarder_}, listeners_);
    forwarder_.apply(settings());
    listeners_.add(0, net::open_both(loop_.io, at).value());
    client_.socket().connect(at.udp());
    loop_.settle();
  }

  /// The client sends so many queries. They wait in the worker's socket when this returns.
  void ask(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const Octets& query = queries_[next_++ % queries_.size()];
      if (::send(client(), query.data(), query.size(), 0) < 0) throw std::runtime_error("send");
    }
    asked_ += count;
  }

  /// The worker's event loop, until all that was asked has been answered.
  void serve() {
    while (hits() < asked_)
      loop_.io.run_one();
  }

  /// The client takes the replies to what was asked last, `count` of them; throws if one is missing.
  void collect(std::size_t count) {
    std::array<std::uint8_t, 512> reply;
    for (std::size_t i = 0; i < count; ++i) {
      const auto size = ::recv(client(), reply.data(), reply.size(), MSG_DONTWAIT);
      if (size < static_cast<long>(dns::kHeaderSize) || dns::Header::read(reply).answer_count != 1)
        throw std::runtime_error("not every query was answered");
    }
  }

  [[nodiscard]] std::uint64_t hits() const { return counters_.get(metrics::Counter::CacheHits); }

 private:
  /// An address in the cache, and the query for it.
  void learn(const std::string& qname) {
    const Reply reply(MessageBuilder(qname).response().answer(
        record(pointer(), dns::RrType::A, dns::RrClass::In, 3600, {192, 0, 2, 1})));
    const TimePoint now = steady_now();
    cache_.store(key_for(qname), image_of(reply), now, now, 1);
    queries_.push_back(MessageBuilder(qname).id(static_cast<std::uint16_t>(queries_.size())).opt().wire());
  }

  /// Who may ask is what is allowed by default.
  static std::shared_ptr<const forward::Settings> settings() {
    auto settings = std::make_shared<forward::Settings>();
    settings->upstreams = {{{upstream::Protocol::Udp, loopback("127.0.0.1", 53), "nobody"},
                            std::make_shared<health::UpstreamHealth>()}};
    settings->allow = server::loopback_prefixes();
    const auto& more = server::private_prefixes();
    settings->allow.insert(settings->allow.end(), more.begin(), more.end());
    return settings;
  }

  [[nodiscard]] int client() { return client_.socket().native_handle(); }

  EventLoop loop_;
  metrics::Counters counters_;
  server::ConnectionCount open_connections_;
  cache::MessageCache cache_{16 * cache::kMiB};
  forward::Forwarder forwarder_{loop_.io, {}, cache_, hasher(), counters_};
  server::Listeners listeners_{loop_.io, server::ServerOptions{}, open_connections_, forwarder_, counters_};
  Datagrams client_{loop_};
  std::vector<Octets> queries_;
  std::size_t next_ = 0;
  std::uint64_t asked_ = 0;
};

}  // namespace pacedns::test
