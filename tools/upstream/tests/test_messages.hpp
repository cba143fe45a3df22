#pragma once

// Queries to hand to the simulator, and its responses read back by ldns.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ldns/ldns.h>

#include "upstream/script_loader.hpp"
#include "upstream/simulated_upstream.hpp"

namespace pacedns::simulator::test {

struct FreePacket {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
};
using Packet = std::unique_ptr<ldns_pkt, FreePacket>;

inline constexpr std::uint16_t kTestId = 0x1234;

struct Edns {
  std::uint16_t size = 1232;
  bool dnssec_ok = false;
  std::uint8_t version = 0;
};

/// A query in wire form: RD set, one question, no OPT.
[[nodiscard]] inline std::vector<std::uint8_t> plain_query(const std::string& dotted, ldns_rr_type type,
                                                           ldns_rr_class rr_class = LDNS_RR_CLASS_IN) {
  std::vector<std::uint8_t> wire{kTestId >> 8, kTestId & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  std::size_t begin = 0;
  while (dotted != "." && begin < dotted.size()) {
    const std::size_t end = dotted.find('.', begin);
    wire.push_back(static_cast<std::uint8_t>(end - begin));
    wire.insert(wire.end(), dotted.begin() + static_cast<std::ptrdiff_t>(begin),
                dotted.begin() + static_cast<std::ptrdiff_t>(end));
    begin = end + 1;
  }
  wire.push_back(0);
  for (const auto value : {static_cast<unsigned>(type), static_cast<unsigned>(rr_class)}) {
    wire.push_back(static_cast<std::uint8_t>(value >> 8));
    wire.push_back(static_cast<std::uint8_t>(value & 0xff));
  }
  return wire;
}

[[nodiscard]] inline std::vector<std::uint8_t> edns_query(const std::string& dotted, ldns_rr_type type,
                                                          const Edns& edns = {}) {
  auto wire = plain_query(dotted, type);
  wire[11] = 1;
  const std::uint8_t dnssec_ok = edns.dnssec_ok ? 0x80 : 0;
  for (const int octet :
       {0, 0, 41, edns.size >> 8, edns.size & 0xff, 0, int{edns.version}, int{dnssec_ok}, 0, 0, 0}) {
    wire.push_back(static_cast<std::uint8_t>(octet));
  }
  return wire;
}

[[nodiscard]] inline Packet parse(const std::vector<std::uint8_t>& wire) {
  ldns_pkt* packet = nullptr;
  if (ldns_wire2pkt(&packet, wire.data(), wire.size()) != LDNS_STATUS_OK) return nullptr;
  return Packet(packet);
}

/// One section in presentation format, blanks between the fields.
[[nodiscard]] inline std::vector<std::string> texts(const ldns_rr_list* list) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(list); ++i) {
    const std::unique_ptr<char, decltype(&std::free)> text(ldns_rr2str(ldns_rr_list_rr(list, i)), std::free);
    std::string line = text.get();
    while (!line.empty() && line.back() == '\n')
      line.pop_back();
    for (char& octet : line) {
      if (octet == '\t') octet = ' ';
    }
    lines.push_back(line);
  }
  return lines;
}

[[nodiscard]] inline std::vector<std::string> answers(const Packet& packet) {
  return texts(ldns_pkt_answer(packet.get()));
}
[[nodiscard]] inline std::vector<std::string> authorities(const Packet& packet) {
  return texts(ldns_pkt_authority(packet.get()));
}

/// The first upstream of a script, and one query after another for it.
class UpstreamUnderTest {
 public:
  explicit UpstreamUnderTest(const std::string& yaml, std::size_t index = 0)
      : script_(load_script(yaml, "test.yaml")), upstream(script_, index, log) {
    upstream.start(TimePoint{});
  }

  /// The delay of the reply in `reply`, or nothing.
  std::optional<Duration> ask(const std::vector<std::uint8_t>& wire, Transport transport = Transport::Udp,
                              Duration at = {}) {
    const net::Endpoint peer{boost::asio::ip::make_address("127.0.0.1"), 5555};
    return upstream.handle(wire, transport, peer, TimePoint{} + at, reply);
  }

  /// The response, which must be there and readable.
  Packet response(const std::vector<std::uint8_t>& wire, Transport transport = Transport::Udp) {
    if (!ask(wire, transport)) return nullptr;
    return parse(reply.octets);
  }

 private:
  Script script_;

 public:
  EventLog log;
  SimulatedUpstream upstream;
  Reply reply;
};

}  // namespace pacedns::simulator::test
