#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "pacedns/metrics/upstream_counters.hpp"
#include "pacedns/net/endpoint.hpp"
#include "pacedns/upstream/tcp_connection.hpp"
#include "pacedns/upstream/transport.hpp"

namespace pacedns::upstream {

/// Queries over one TCP connection to the upstream, opened when it is needed, kept while it is used, and
/// shared by as many queries as there are (RFC 7766 §6.2.1.1, pipelining and replies in any order). A query
/// that was on its way when a reused connection broke is sent once more over a new one (§6.2.4).
class TcpTransport final : public Transport, private TcpConnection::Owner {
 public:
  TcpTransport(const TransportContext& context, const net::Endpoint& upstream,
               metrics::UpstreamCounters& counters);
  ~TcpTransport() override;
  TcpTransport(const TcpTransport&) = delete;
  TcpTransport& operator=(const TcpTransport&) = delete;

  [[nodiscard]] boost::system::result<Ticket> send(const ExchangeKey& key, Bytes query, Spelling spelling,
                                                   TimePoint now) override;
  [[nodiscard]] bool connected() const override { return connection_ && connection_->connected(); }
  void cancel(Ticket ticket) override;

 private:
  struct Exchange {
    ExchangeKey key;
    std::vector<std::uint8_t> query;
    Spelling spelling = Spelling::AsIs;
    std::optional<std::uint16_t> id;  // on `connection_`, as long as it is there
    bool sent_again = false;
  };

  void on_stream_reply(std::uint64_t exchange, const dns::MessageView& reply, TimePoint now) override;
  void on_mismatch() override;
  void on_letter_case_lost(std::uint64_t exchange, TimePoint now) override;
  void on_closed(const TcpConnection& connection, std::vector<ExchangeKey> exchanges,
                 boost::system::error_code error, TimePoint now) override;

  void put_on_wire(Ticket ticket, Exchange& exchange, TimePoint now);

  TransportContext context_;
  metrics::UpstreamCounters& counters_;
  net::Endpoint upstream_;
  std::shared_ptr<TcpConnection> connection_;  // the one that takes queries, if there is one
  std::unordered_map<Ticket, Exchange> exchanges_;
  Ticket next_ticket_ = 1;
};

}  // namespace pacedns::upstream
