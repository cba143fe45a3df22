#pragma once

#include <cstdint>
#include <string>

#include "pacedns/base/bytes.hpp"

#include "support/message_builder.hpp"

namespace pacedns::scenario {

/// A client's reply as scenarios write it: `NOERROR 192.0.2.1 192.0.2.2 ad`, `SERVFAIL ede 22`.
struct ClientReply {
  std::string text;
  std::uint32_t ttl = 0;  ///< the least in the answer, or in the authority section of a negative response
};

/// Reads a reply, and fails unless it gives back what belongs to `query`: ID, question with its letter case,
/// RD and CD, OPT exactly when the query had one, RA and not AA (DESIGN section 7).
[[nodiscard]] ClientReply read_client_reply(const test::Octets& query, Bytes reply);

}  // namespace pacedns::scenario
