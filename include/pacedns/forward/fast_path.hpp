#pragma once

#include <bitset>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include <boost/container/static_vector.hpp>

#include "pacedns/base/bytes.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/cache/cache_key.hpp"
#include "pacedns/cache/message_cache.hpp"
#include "pacedns/dns/query.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/server/client_limiter.hpp"
#include "pacedns/server/query_handler.hpp"

namespace pacedns::forward {

/// Answers what can be answered at once: malformed and refused queries, and those that the cache knows.
/// Nothing is copied but the reply, and nothing is allocated.
class FastPath {
 public:
  FastPath(const cache::MessageCache& cache, const cache::KeyHasher& hasher, metrics::Counters& counters)
      : cache_(cache), hasher_(hasher), counters_(counters) {}

  void limit_clients(std::shared_ptr<server::ClientLimiter> limiter) { limiter_ = std::move(limiter); }

  /// A query that has been read.
  struct Attempted {
    dns::Query query;
    std::optional<cache::CacheKey> key;  // with a query that may be resolved
  };

  /// Answers what can be answered at once, and calls `on_miss(server::Incoming&, const Attempted&)` for each
  /// of the others, in order. Returns which of the batch were hits.
  ///
  /// It goes over the batch three times, so that what one query has to wait for from memory is fetched while
  /// the others are worked on.
  template <typename OnMiss>
  std::bitset<server::kMaxBatch> handle(std::span<server::Incoming> batch, TimePoint now,
                                        OnMiss&& on_miss) const {
    boost::container::static_vector<Attempted, server::kMaxBatch> attempts;
    for (server::Incoming& incoming : batch)
      read(incoming, attempts.emplace_back(), now);
    for (const Attempted& attempted : attempts)
      if (attempted.key) cache_.prefetch_entry(*attempted.key);
    std::bitset<server::kMaxBatch> hits;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (!attempts[i].key) continue;
      if (look_up(batch[i], attempts[i], now)) {
        hits.set(i);
      } else {
        on_miss(batch[i], attempts[i]);
      }
    }
    return hits;
  }

 private:
  /// Without a key behind it, the query has been handled.
  void read(server::Incoming& incoming, Attempted& attempted, TimePoint now) const;
  /// A client that asks too often is told to come over TCP, about every second time; over TCP it is refused.
  void turn_away(server::Incoming& incoming, const dns::Query& query, dns::QueryVerdict verdict) const;
  void refuse(server::Incoming& incoming, const dns::Query& query, dns::Rcode rcode) const;
  [[nodiscard]] bool look_up(server::Incoming& incoming, const Attempted& attempted, TimePoint now) const;

  const cache::MessageCache& cache_;
  const cache::KeyHasher& hasher_;
  metrics::Counters& counters_;
  std::shared_ptr<server::ClientLimiter> limiter_;
};

/// The largest reply to this query in octets.
[[nodiscard]] inline std::size_t reply_limit(const dns::Query& query, bool over_tcp) {
  return over_tcp ? 65535 : query.udp_limit();
}

}  // namespace pacedns::forward
