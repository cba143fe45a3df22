#include "pacedns/upstream/tcp_transport.hpp"

#include <utility>

namespace pacedns::upstream {
namespace {

/// Half of the message IDs: a free one is found at the second try on average.
constexpr std::size_t kMaxExchanges = 32768;

}  // namespace

TcpTransport::TcpTransport(const TransportContext& context, const net::Endpoint& upstream,
                           metrics::UpstreamCounters& counters)
    : context_(context), counters_(counters), upstream_(upstream) {}

TcpTransport::~TcpTransport() {
  if (connection_) connection_->abandon();
}

boost::system::result<Transport::Ticket> TcpTransport::send(const ExchangeKey& key, Bytes query,
                                                            Spelling spelling, TimePoint now) {
  if (exchanges_.size() >= kMaxExchanges) return make_error_code(boost::asio::error::no_buffer_space);
  const Ticket ticket = next_ticket_++;
  Exchange& exchange = exchanges_[ticket];
  exchange.key = key;
  exchange.query.assign(query.begin(), query.end());
  exchange.spelling = spelling;
  put_on_wire(ticket, exchange, now);
  return ticket;
}

void TcpTransport::cancel(Ticket ticket) {
  const auto found = exchanges_.find(ticket);
  if (found == exchanges_.end()) return;
  if (connection_ && found->second.id) connection_->forget(*found->second.id);
  exchanges_.erase(found);
}

void TcpTransport::on_stream_reply(std::uint64_t exchange, const dns::MessageView& reply, TimePoint now) {
  const auto found = exchanges_.find(exchange);
  if (found == exchanges_.end()) return;
  const ExchangeKey key = found->second.key;
  exchanges_.erase(found);
  context_.counters.add(metrics::Counter::UpstreamReplies);
  context_.observer.on_reply(key, reply, now);
}

void TcpTransport::on_mismatch() {
  context_.counters.add(metrics::Counter::UpstreamMismatches);
  counters_.add(metrics::UpstreamCounter::Mismatches);
}

void TcpTransport::on_letter_case_lost(std::uint64_t exchange, TimePoint now) {
  const auto found = exchanges_.find(exchange);
  if (found != exchanges_.end())
    context_.observer.on_suspicion({found->second.key, SuspicionReason::LetterCase}, now);
}

void TcpTransport::on_closed(const TcpConnection& connection, std::vector<ExchangeKey> exchanges,
                             boost::system::error_code error, TimePoint now) {
  const bool reused = connection.reused();
  // Nobody may send on it any more, and it is still alive until this call returns.
  const std::shared_ptr<TcpConnection> closed = std::move(connection_);
  connection_ = nullptr;
  // None of the IDs means anything on the next connection, which callbacks may open and cancel on.
  for (const ExchangeKey& entry : exchanges) {
    if (const auto found = exchanges_.find(entry.flight); found != exchanges_.end()) found->second.id.reset();
  }
  for (const ExchangeKey& entry : exchanges) {
    const auto found = exchanges_.find(entry.flight);
    if (found == exchanges_.end()) continue;
    if (reused && !found->second.sent_again) {
      found->second.sent_again = true;
      put_on_wire(found->first, found->second, now);
      continue;
    }
    const ExchangeKey key = found->second.key;
    exchanges_.erase(found);
    context_.observer.on_failure(key, error, now);
  }
}

void TcpTransport::put_on_wire(Ticket ticket, Exchange& exchange, TimePoint now) {
  if (!connection_) connection_ = TcpConnection::open(context_.io, upstream_.tcp(), *this);
  exchange.id = connection_->send(ticket, exchange.query, exchange.spelling, context_.random, now);
}

}  // namespace pacedns::upstream
