#pragma once

// Builds answers from records with ldns: CNAME chains, RRSIGs, NODATA and NXDOMAIN with their SOA. Off the
// fast path; answer_source keeps what it returns.

#include <cstdint>
#include <string_view>
#include <vector>

#include "upstream/answer_source.hpp"
#include "upstream/query.hpp"
#include "upstream/record_set.hpp"

namespace pacedns::simulator {

inline constexpr std::string_view kExampleZone{
    "\x07"
    "example\0",
    9};
inline constexpr std::string_view kRootZone{"\0", 1};

/// Where the records come from.
struct AnswerData {
  const RecordSet& records;
  std::uint8_t upstream;
  bool synthesize;
};

/// The answer for a name that the record set has.
[[nodiscard]] Answer build_answer(const Query& query, const AnswerOptions& options, const AnswerData& data);

/// The SOA record of `kExampleZone` or `kRootZone`: TTL and MINIMUM 60.
[[nodiscard]] Record default_soa(std::string_view zone);

/// One record uncompressed.
[[nodiscard]] std::vector<std::uint8_t> record_wire(const Record& record);

}  // namespace pacedns::simulator
