#pragma once

#include <cstdint>
#include <optional>

#include <boost/container/small_vector.hpp>

#include "pacedns/base/time.hpp"
#include "pacedns/dns/edns.hpp"
#include "pacedns/dns/query.hpp"
#include "pacedns/dns/wire.hpp"
#include "pacedns/server/client.hpp"

namespace pacedns::forward {

/// A client that waits for a flight: how to reach it, and all of its query that its reply has to give back,
/// the letter case of its question included.
class Waiter {
 public:
  Waiter(unsigned worker, const server::Client& client, const dns::Query& query, TimePoint received_at)
      : received_at_(received_at),
        worker_(worker),
        client_(client),
        id_(query.id),
        flags_(query.flags),
        edns_(query.edns),
        question_(query.question.wire.begin(), query.question.wire.end()) {}

  /// The worker that received the query, and has the client's connection if there is one.
  [[nodiscard]] unsigned worker() const { return worker_; }
  [[nodiscard]] const server::Client& client() const { return client_; }
  [[nodiscard]] TimePoint received_at() const { return received_at_; }

  /// Valid as long as this waiter is.
  [[nodiscard]] dns::Query query() const {
    const Bytes wire{question_.data(), question_.size()};
    return {.id = id_,
            .flags = flags_,
            .question = {wire, dns::load_u16(wire, wire.size() - 4), dns::load_u16(wire, wire.size() - 2)},
            .edns = edns_};
  }

 private:
  TimePoint received_at_;
  unsigned worker_;
  server::Client client_;
  std::uint16_t id_;
  std::uint16_t flags_;
  std::optional<dns::Edns> edns_;
  boost::container::small_vector<std::uint8_t, 48> question_;
};

}  // namespace pacedns::forward
