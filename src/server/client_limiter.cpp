#include "pacedns/server/client_limiter.hpp"

#include <algorithm>
#include <chrono>

#include "pacedns/server/client_identity.hpp"

namespace pacedns::server {
namespace {

/// 512 KiB in all.
constexpr std::size_t kPlaces = 32768;

constexpr std::int64_t kSecond = std::chrono::nanoseconds(std::chrono::seconds(1)).count();

/// Spreads every bit over all others (the finalizer of MurmurHash3).
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 33)) * 0xff51afd7ed558ccdU;
  value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53U;
  return value ^ (value >> 33);
}

void raise(std::atomic<std::int64_t>& place, std::int64_t value) {
  std::int64_t seen = place.load(std::memory_order_relaxed);
  while (seen < value && !place.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

}  // namespace

ClientLimiter::ClientLimiter(std::uint32_t per_second, Random& random)
    : per_second_(per_second),
      secret_{random.next_u64(), random.next_u64()},
      tables_{Table(kPlaces), Table(kPlaces)} {}

bool ClientLimiter::admit(const boost::asio::ip::address& client, bool over_tcp, TimePoint now) {
  const std::uint64_t hashed = hash(client, over_tcp);
  auto& first = tables_[0][hashed % kPlaces];
  auto& second = tables_[1][(hashed >> 32) % kPlaces];
  const std::int64_t since = std::chrono::nanoseconds(now.time_since_epoch()).count();
  const std::int64_t used_until = std::max(
      since, std::min(first.load(std::memory_order_relaxed), second.load(std::memory_order_relaxed)));
  const std::int64_t until = used_until + kSecond / per_second_;
  if (until > since + kSecond) return false;
  raise(first, until);
  raise(second, until);
  return true;
}

std::uint64_t ClientLimiter::hash(const boost::asio::ip::address& client, bool over_tcp) const {
  const ClientIdentity identity(client);
  const std::uint64_t kind = (static_cast<std::uint64_t>(identity.kind) << 1) | (over_tcp ? 1U : 0U);
  return mix(mix(identity.number ^ secret_[0]) + (secret_[1] ^ kind));
}

}  // namespace pacedns::server
