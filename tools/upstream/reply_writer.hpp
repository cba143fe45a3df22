#pragma once

// Puts a response together: header, question, an answer's sections and OPT, bent as the behaviour says.

#include <cstdint>
#include <vector>

#include "upstream/answer_source.hpp"
#include "upstream/behaviour.hpp"
#include "upstream/query.hpp"

namespace pacedns::simulator {

enum class Transport : std::uint8_t { Udp, Tcp };

/// Replaces `out` with the response. An extended RCODE needs the OPT: without one it becomes SERVFAIL.
void write_reply(const Query& query, const Answer& answer, const Behaviour& behaviour, Transport transport,
                 std::vector<std::uint8_t>& out);

/// Replaces `out` with a response of a header only, as servers answer what they cannot read.
void write_header_only(const Query& query, std::uint16_t rcode, const Behaviour& behaviour,
                       std::vector<std::uint8_t>& out);

/// Replaces `out` with a response under the given ID that carries an answer no upstream gives: one address,
/// 203.0.113.66 or 2001:db8::bad, with a TTL of a day; other types get an empty NOERROR.
void write_forged(const Query& query, std::uint16_t id, std::vector<std::uint8_t>& out);

}  // namespace pacedns::simulator
