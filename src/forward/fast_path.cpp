#include "pacedns/forward/fast_path.hpp"

#include "pacedns/dns/response_builder.hpp"

namespace pacedns::forward {
namespace {

using dns::QueryVerdict;
using dns::Rcode;
using metrics::Counter;
using server::Handled;

Rcode rcode_for(QueryVerdict verdict) {
  switch (verdict) {
    case QueryVerdict::NotImp:
      return Rcode::NotImp;
    case QueryVerdict::BadVers:
      return Rcode::BadVers;
    case QueryVerdict::Refused:
      return Rcode::Refused;
    default:
      return Rcode::FormErr;
  }
}

}  // namespace

void FastPath::read(server::Incoming& incoming, Attempted& attempted) const {
  dns::Query& query = attempted.query;
  const QueryVerdict verdict = dns::read_query(incoming.query, query);
  const auto refuse = [&](Counter counter, Rcode rcode) {
    counters_.add(counter);
    incoming.handled =
        Handled::now(dns::write_empty_reply(query, rcode, dns::ExtendedError::None, incoming.reply));
  };
  if (verdict == QueryVerdict::Drop) {
    counters_.add(Counter::DroppedQueries);
    incoming.handled = Handled::never();
  } else if (!incoming.allowed) {
    refuse(Counter::AccessRefusals, Rcode::Refused);
  } else if (verdict != QueryVerdict::Accept) {
    refuse(Counter::InvalidQueries, rcode_for(verdict));
  } else {
    attempted.key.emplace(query.question, query.dnssec_ok(), query.has(dns::kCd), hasher_);
    cache_.prefetch_bucket(*attempted.key);
  }
}

bool FastPath::look_up(server::Incoming& incoming, const Attempted& attempted, TimePoint now) const {
  const std::size_t limit = reply_limit(attempted.query, incoming.client.over_tcp());
  const bool hit = cache_.find(*attempted.key, now, [&](const dns::ImageView& image, std::uint32_t age) {
    incoming.handled = Handled::now(dns::write_reply(attempted.query, image, age, limit, incoming.reply));
  });
  counters_.add(hit ? Counter::CacheHits : Counter::CacheMisses);
  return hit;
}

}  // namespace pacedns::forward
