#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "pacedns/base/bytes.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/net/datagram_batch.hpp"
#include "pacedns/server/client.hpp"

namespace pacedns::server {

/// What became of a query.
struct Handled {
  enum class When : std::uint8_t {
    Now,    ///< the reply is written
    Later,  ///< it will come through `Listeners::send`
    Never,  ///< there will be none
  };

  When when = When::Never;
  std::size_t size = 0;  ///< octets of the reply, with Now

  [[nodiscard]] static Handled now(std::size_t size) { return {When::Now, size}; }
  [[nodiscard]] static Handled later() { return {When::Later, 0}; }
  [[nodiscard]] static Handled never() { return {When::Never, 0}; }
};

/// A message from a client, and what became of it.
struct Incoming {
  Bytes query;
  Client client;
  bool allowed = false;  ///< whether the client may ask at all
  MutableBytes reply;    ///< room for `DatagramBatch::kReplySize` octets over UDP, for 65,535 over TCP
  Handled handled;
};

/// The most messages that are handed on at a time.
inline constexpr std::size_t kMaxBatch = net::DatagramBatch::kSlots;

/// What listeners hand the messages from clients to, as many at a time as there are.
class QueryHandler {
 public:
  virtual ~QueryHandler() = default;

  /// Writes each reply that is known at once, and sets `handled` of each message, in order.
  virtual void on_queries(std::span<Incoming> batch, TimePoint now) = 0;
};

}  // namespace pacedns::server
