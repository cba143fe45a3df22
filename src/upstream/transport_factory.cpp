#include "pacedns/upstream/transport_factory.hpp"

#include "pacedns/upstream/tcp_transport.hpp"
#include "pacedns/upstream/udp_transport.hpp"

namespace pacedns::upstream {

std::unique_ptr<Transport> SocketTransportFactory::make_udp(const net::Endpoint& upstream,
                                                            metrics::UpstreamCounters& counters) {
  return std::make_unique<UdpTransport>(context_, upstream, counters);
}

std::unique_ptr<Transport> SocketTransportFactory::make_tcp(const net::Endpoint& upstream,
                                                            metrics::UpstreamCounters& counters) {
  return std::make_unique<TcpTransport>(context_, upstream, counters);
}

}  // namespace pacedns::upstream
