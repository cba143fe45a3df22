#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "pacedns/base/bytes.hpp"
#include "pacedns/dns/edns.hpp"
#include "pacedns/dns/header.hpp"
#include "pacedns/dns/question.hpp"

namespace pacedns::dns {

/// A client's query: what the reply depends on and has to give back.
struct Query {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;  ///< the header's second word
  Question question;        ///< empty where the message had none that could be read
  std::optional<Edns> edns;

  [[nodiscard]] bool has(HeaderFlag flag) const { return (flags & flag) != 0; }
  [[nodiscard]] bool dnssec_ok() const { return edns && edns->dnssec_ok; }

  /// Whether the reply may have AD set (RFC 6840 §5.8).
  [[nodiscard]] bool understands_ad() const { return has(kAd) || dnssec_ok(); }

  /// The largest reply that may go to this client over UDP, in octets.
  [[nodiscard]] std::size_t udp_limit() const {
    if (!edns) return kMinUdpPayloadSize;
    return std::clamp(edns->udp_payload_size, kMinUdpPayloadSize, kUdpPayloadSize);
  }
};

/// What is to be done with a message from a client, before anything is looked up.
enum class QueryVerdict : std::uint8_t {
  Accept,
  Drop,     ///< too short for a header, or not a query at all
  NotImp,   ///< an Opcode other than QUERY
  FormErr,  ///< QDCOUNT is not 1, something does not parse, two OPTs, or a QTYPE that is no data
  BadVers,  ///< an EDNS version above 0 (RFC 6891 §6.1.3)
  Refused,  ///< QCLASS CH, or a zone transfer: a forwarder has neither
};

/// Reads a message from a client in place. `query` is filled as far as the message could be read, whatever
/// the verdict, and refers to `message`.
[[nodiscard]] QueryVerdict read_query(Bytes message, Query& query);

}  // namespace pacedns::dns
