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

void FastPath::read(server::Incoming& incoming, Attempted& attempted, TimePoint now) const {
  dns::Query& query = attempted.query;
  const QueryVerdict verdict = dns::read_query(incoming.query, query);
  if (verdict == QueryVerdict::Drop) {
    counters_.add(Counter::DroppedQueries);
    incoming.handled = Handled::never();
  } else if (!incoming.allowed) {
    counters_.add(Counter::AccessRefusals);
    refuse(incoming, query, Rcode::Refused);
  } else if (limiter_ && !limiter_->admit(incoming.client.peer.address(), incoming.client.over_tcp(), now)) {
    counters_.add(Counter::RateLimitedQueries);
    turn_away(incoming, query, verdict);
  } else if (verdict != QueryVerdict::Accept) {
    counters_.add(Counter::InvalidQueries);
    refuse(incoming, query, rcode_for(verdict));
  } else {
    counters_.add(metrics::queries_by_type(query.question.type));
    attempted.key.emplace(query.question, query.dnssec_ok(), query.has(dns::kCd), hasher_);
    cache_.prefetch_bucket(*attempted.key);
  }
}

void FastPath::refuse(server::Incoming& incoming, const dns::Query& query, Rcode rcode) const {
  counters_.add(metrics::responses_by_rcode(static_cast<std::uint16_t>(rcode)));
  incoming.handled =
      Handled::now(dns::write_empty_reply(query, rcode, dns::ExtendedError::None, incoming.reply));
}

// As response rate limiting does it: a truncated response makes no flood larger, and a client whose address a
// flood has borrowed gets through over TCP; the silence in between halves what an innocent one gets. The ID
// decides: a client that repeats a query takes another one.
void FastPath::turn_away(server::Incoming& incoming, const dns::Query& query, QueryVerdict verdict) const {
  if (incoming.client.over_tcp()) return refuse(incoming, query, Rcode::Refused);
  if (verdict != QueryVerdict::Accept || query.id % 2 != 0) {
    incoming.handled = Handled::never();
    return;
  }
  counters_.add(metrics::responses_by_rcode(static_cast<std::uint16_t>(Rcode::NoError)));
  incoming.handled = Handled::now(dns::write_truncated_reply(query, incoming.reply));
}

bool FastPath::look_up(server::Incoming& incoming, const Attempted& attempted, TimePoint now) const {
  const std::size_t limit = reply_limit(attempted.query, incoming.client.over_tcp());
  const bool hit = cache_.find(*attempted.key, now, [&](const dns::ImageView& image, std::uint32_t age) {
    incoming.handled = Handled::now(dns::write_reply(attempted.query, image, age, limit, incoming.reply));
  });
  counters_.add(hit ? Counter::CacheHits : Counter::CacheMisses);
  if (hit) counters_.add(metrics::responses_by_rcode(dns::Header::read(incoming.reply).low_rcode()));
  return hit;
}

}  // namespace pacedns::forward
