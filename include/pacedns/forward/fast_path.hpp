#pragma once

#include <optional>

#include "pacedns/base/bytes.hpp"
#include "pacedns/base/time.hpp"
#include "pacedns/cache/cache_key.hpp"
#include "pacedns/cache/message_cache.hpp"
#include "pacedns/dns/query.hpp"
#include "pacedns/metrics/counters.hpp"
#include "pacedns/server/query_handler.hpp"

namespace pacedns::forward {

/// Answers what can be answered at once: malformed and refused queries, and those that the cache knows.
/// Nothing is copied but the reply, and nothing is allocated.
class FastPath {
 public:
  FastPath(const cache::MessageCache& cache, const cache::KeyHasher& hasher, metrics::Counters& counters)
      : cache_(cache), hasher_(hasher), counters_(counters) {}

  /// A query as far as this path has come with it.
  struct Attempted {
    dns::Query query;
    std::optional<cache::CacheKey> key;      // with a query that may be resolved
    std::optional<server::Handled> handled;  // nothing: a miss
  };

  [[nodiscard]] Attempted handle(Bytes message, bool over_tcp, bool allowed, TimePoint now,
                                 MutableBytes reply) const;

 private:
  const cache::MessageCache& cache_;
  const cache::KeyHasher& hasher_;
  metrics::Counters& counters_;
};

/// The largest reply to this query in octets.
[[nodiscard]] inline std::size_t reply_limit(const dns::Query& query, bool over_tcp) {
  return over_tcp ? 65535 : query.udp_limit();
}

}  // namespace pacedns::forward
