#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "pacedns/base/random.hpp"
#include "pacedns/base/time.hpp"

namespace pacedns::server {

/// Says which clients ask more than so many queries a second. A client, as `ClientIdentity`
/// tells them apart, may save up a second's worth. It has one allowance over UDP and another one over TCP:
/// whoever floods us over UDP in its name does not keep it from TCP.
///
/// Shared by all workers, and not exact to the query where two of them look at the same moment. What it
/// remembers has a fixed size: a client has a place in each of two tables, by a keyed hash, and counts as
/// over the limit only if it is so in both, so that it takes two others who share its places to take its
/// allowance away.
class ClientLimiter {
 public:
  /// `per_second` is at least 1.
  ClientLimiter(std::uint32_t per_second, Random& random);

  [[nodiscard]] bool admit(const boost::asio::ip::address& client, bool over_tcp, TimePoint now);

  [[nodiscard]] std::uint32_t per_second() const { return per_second_; }

 private:
  /// When the client will have used no more than its share, in nanoseconds of the steady clock (the
  /// theoretical arrival time of the generic cell rate algorithm, ITU-T I.371).
  using Table = std::vector<std::atomic<std::int64_t>>;

  [[nodiscard]] std::uint64_t hash(const boost::asio::ip::address& client, bool over_tcp) const;

  std::uint32_t per_second_;
  std::array<std::uint64_t, 2> secret_;
  std::array<Table, 2> tables_;
};

}  // namespace pacedns::server
