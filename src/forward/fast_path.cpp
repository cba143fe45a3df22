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

FastPath::Attempted FastPath::handle(Bytes message, bool over_tcp, bool allowed, TimePoint now,
                                     MutableBytes reply) const {
  Attempted attempted;
  dns::Query& query = attempted.query;
  const QueryVerdict verdict = dns::read_query(message, query);
  const auto refuse = [&](Counter counter, Rcode rcode) {
    counters_.add(counter);
    return Handled::now(dns::write_empty_reply(query, rcode, dns::ExtendedError::None, reply));
  };
  if (verdict == QueryVerdict::Drop) {
    counters_.add(Counter::DroppedQueries);
    attempted.handled = Handled::never();
  } else if (!allowed) {
    attempted.handled = refuse(Counter::AccessRefusals, Rcode::Refused);
  } else if (verdict != QueryVerdict::Accept) {
    attempted.handled = refuse(Counter::InvalidQueries, rcode_for(verdict));
  } else {
    attempted.key.emplace(query.question, query.dnssec_ok(), query.has(dns::kCd), hasher_);
    const bool hit = cache_.find(*attempted.key, now, [&](const dns::ImageView& image, std::uint32_t age) {
      attempted.handled =
          Handled::now(dns::write_reply(query, image, age, reply_limit(query, over_tcp), reply));
    });
    counters_.add(hit ? Counter::CacheHits : Counter::CacheMisses);
  }
  return attempted;
}

}  // namespace pacedns::forward
