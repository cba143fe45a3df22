#pragma once

#include <memory>

#include "pacedns/metrics/upstream_counters.hpp"
#include "pacedns/net/endpoint.hpp"
#include "pacedns/upstream/transport.hpp"

namespace pacedns::upstream {

/// Makes the transports of one worker; `counters` outlive them. Tests put their own in its place.
class TransportFactory {
 public:
  virtual ~TransportFactory() = default;

  [[nodiscard]] virtual std::unique_ptr<Transport> make_udp(const net::Endpoint& upstream,
                                                            metrics::UpstreamCounters& counters) = 0;
  [[nodiscard]] virtual std::unique_ptr<Transport> make_tcp(const net::Endpoint& upstream,
                                                            metrics::UpstreamCounters& counters) = 0;
};

/// The real ones, on sockets.
class SocketTransportFactory final : public TransportFactory {
 public:
  explicit SocketTransportFactory(const TransportContext& context) : context_(context) {}

  [[nodiscard]] std::unique_ptr<Transport> make_udp(const net::Endpoint& upstream,
                                                    metrics::UpstreamCounters& counters) override;
  [[nodiscard]] std::unique_ptr<Transport> make_tcp(const net::Endpoint& upstream,
                                                    metrics::UpstreamCounters& counters) override;

 private:
  TransportContext context_;
};

}  // namespace pacedns::upstream
