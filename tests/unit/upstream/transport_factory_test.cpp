#include "pacedns/upstream/transport_factory.hpp"

#include <gtest/gtest.h>

#include "support/transport_probe.hpp"

namespace pacedns::upstream {
namespace {

TEST(SocketTransportFactory, MakesWhatSpeaksUdp) {
  test::TransportProbe probe;
  test::Datagrams upstream(probe.loop);
  const auto transport = SocketTransportFactory(probe.context).make_udp(upstream.at(), probe.upstream);
  probe.send(*transport, 1);
  const auto received = upstream.receive();
  upstream.send(test::reply_to(received.message), received.from);
  probe.await_replies(1);
}

TEST(SocketTransportFactory, MakesWhatSpeaksTcp) {
  test::TransportProbe probe;
  test::StreamAcceptor upstream(probe.loop);
  const auto transport = SocketTransportFactory(probe.context).make_tcp(upstream.at(), probe.upstream);
  probe.send(*transport, 1);
  test::Stream stream = upstream.accept();
  const auto reply = test::reply_to(stream.read());
  stream.write(test::join({test::u16(reply.size()), reply}));
  probe.await_replies(1);
}

}  // namespace
}  // namespace pacedns::upstream
