#pragma once

#include <cstddef>
#include <cstdint>

#include "pacedns/base/bytes.hpp"
#include "pacedns/dns/image_view.hpp"
#include "pacedns/dns/query.hpp"
#include "pacedns/dns/registry.hpp"

// The one place where a reply to a client gets its final form: QR=1, RA=1, AA=0, ID, Opcode, question, RD and
// CD as in the query (RFC 1035 §4.1.1, RFC 4035 §3.2.2), AD only for clients that understand it, OPT exactly
// when the query had one (RFC 6891 §6.1.1).

namespace pacedns::dns {

/// The most that a reply without RRs can take: header, question, OPT.
inline constexpr std::size_t kMaxEmptyReplySize = 12 + 255 + 4 + kOptWithErrorSize;

/// Writes a reply without RRs and returns its size. `out` holds at least kMaxEmptyReplySize octets.
std::size_t write_empty_reply(const Query& query, Rcode rcode, ExtendedError error, MutableBytes out);

/// The same with TC set: the client is to ask over TCP.
std::size_t write_truncated_reply(const Query& query, MutableBytes out);

/// Writes `image`, `age` seconds after it was taken, as the reply to `query`, and returns its size. Never
/// more than `limit` octets: falls back to the image's short form and then to an empty reply with TC set.
/// `out` holds at least `limit` octets, and `limit` is at least kMinUdpPayloadSize.
std::size_t write_reply(const Query& query, const ImageView& image, std::uint32_t age, std::size_t limit,
                        MutableBytes out);

}  // namespace pacedns::dns
