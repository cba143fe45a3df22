#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/system/error_code.hpp>
#include <dirent.h>

#include "pacedns/dns/wire.hpp"
#include "pacedns/upstream/transport.hpp"

#include "support/loopback.hpp"
#include "support/message_builder.hpp"

// Drives a transport from above: sends queries, and keeps what it says about them.

namespace pacedns::test {

/// A reply to `query`: its ID and question, QR, one address, and an RR with `more`.
[[nodiscard]] inline Octets reply_to(const Octets& query, const Octets& more = {}) {
  const auto view = dns::MessageView::parse(query).value();
  const Bytes qname = view.question().name();
  MessageBuilder reply(Octets(qname.begin(), qname.end()), view.question().type, view.question().rr_class);
  reply.id(view.header().id).response();
  reply.answer(record(pointer(), dns::RrType::A, dns::RrClass::In, 60, {192, 0, 2, 1}));
  if (!more.empty()) reply.additional(record(pointer(), std::uint16_t{65280}, dns::RrClass::In, 60, more));
  return reply.wire();
}

[[nodiscard]] inline std::uint16_t id_of(const Octets& message) {
  return dns::load_u16(message, 0);
}

/// Descriptors that this process has open.
[[nodiscard]] inline std::size_t open_descriptors() {
  struct Close {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };
  const std::unique_ptr<DIR, Close> directory(::opendir("/proc/self/fd"));
  std::size_t count = 0;
  while (::readdir(directory.get()) != nullptr)
    ++count;
  return count;
}

class TransportProbe : public upstream::ExchangeObserver {
 public:
  struct Reply {
    std::uint64_t flight;
    Octets message;
  };
  struct Failure {
    std::uint64_t flight;
    boost::system::error_code error;
  };

  /// Sends a query for `qname` as flight number `flight`.
  boost::system::result<upstream::Transport::Ticket> try_send(upstream::Transport& transport,
                                                              std::uint64_t flight,
                                                              const std::string& qname = "www.example.",
                                                              std::uint16_t transmission = 0) {
    queries_.push_back(MessageBuilder(qname).opt().wire());
    return transport.send({.flight = flight, .position = 3, .transmission = transmission}, queries_.back(),
                          spelling, steady_now());
  }

  upstream::Transport::Ticket send(upstream::Transport& transport, std::uint64_t flight,
                                   const std::string& qname = "www.example.",
                                   std::uint16_t transmission = 0) {
    return try_send(transport, flight, qname, transmission).value();
  }

  void on_reply(const upstream::ExchangeKey& key, const dns::MessageView& reply, TimePoint) override {
    replies.push_back({key.flight, Octets(reply.wire().begin(), reply.wire().end())});
    if (then) then(key);
  }

  void on_suspicion(const upstream::Suspicion& suspicion, TimePoint) override {
    suspicions.push_back(suspicion);
    if (then) then(suspicion.key);
  }

  void on_failure(const upstream::ExchangeKey& key, boost::system::error_code error, TimePoint) override {
    failures.push_back({key.flight, error});
    if (then) then(key);
  }

  /// The flights that have failed, in ascending order.
  [[nodiscard]] std::vector<std::uint64_t> failed() const {
    std::vector<std::uint64_t> flights;
    for (const Failure& failure : failures)
      flights.push_back(failure.flight);
    std::ranges::sort(flights);
    return flights;
  }

  void await_replies(std::size_t count) {
    loop.until([&] { return replies.size() >= count; });
  }
  void await_failures(std::size_t count) {
    loop.until([&] { return failures.size() >= count; });
  }

  upstream::Spelling spelling = upstream::Spelling::AsIs;  ///< of what is sent from now on
  std::vector<upstream::Suspicion> suspicions;

  [[nodiscard]] std::uint64_t mismatches() const {
    return upstream.get(metrics::UpstreamCounter::Mismatches);
  }

  EventLoop loop;
  Random random;
  metrics::Counters counters;
  upstream::TransportContext context{loop.io, random, counters, *this};
  metrics::UpstreamCounters upstream;
  std::vector<Reply> replies;
  std::vector<Failure> failures;
  std::function<void(const upstream::ExchangeKey&)> then;  ///< called from inside the transport's callbacks

 private:
  std::deque<Octets> queries_;  // their questions must stay where they are
};

}  // namespace pacedns::test
