#pragma once

#include <cstddef>
#include <cstdint>

#include "pacedns/base/bytes.hpp"
#include "pacedns/base/time.hpp"
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

/// What listeners hand each message from a client to.
class QueryHandler {
 public:
  virtual ~QueryHandler() = default;

  /// Writes the reply to `reply` if it is known at once. There is room for `DatagramBatch::kReplySize` octets
  /// over UDP and for 65,535 over TCP. `allowed` says whether the client may ask at all.
  virtual Handled on_query(Bytes query, const Client& client, bool allowed, TimePoint now,
                           MutableBytes reply) = 0;
};

}  // namespace pacedns::server
