#pragma once

// What one upstream knows: its records, the synthesized names behind them, and negative answers for the
// rest. Names from a record set are looked up and put into wire form by ldns once and then kept; synthesized
// and negative answers are written directly. Knows nothing about delays, RCODEs on demand or sockets.

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "upstream/query.hpp"
#include "upstream/record_set.hpp"

namespace pacedns::simulator {

/// Everything of a response behind the question and before the OPT.
struct Answer {
  std::uint16_t rcode = 0;
  std::uint16_t answers = 0;
  std::uint16_t authorities = 0;
  /// Both sections; compression pointers count on the question being at offset 12, unless built without.
  std::vector<std::uint8_t> body;
};

struct AnswerOptions {
  /// TTL of synthesized addresses, in seconds.
  std::uint32_t ttl = 300;
  /// Whether a negative answer carries its SOA record.
  bool soa = true;
  /// Whether the response will have a question section.
  bool question = true;
};

class AnswerSource {
 public:
  AnswerSource(RecordSet records, std::uint8_t upstream, bool synthesize)
      : records_(std::move(records)), upstream_(upstream), synthesize_(synthesize) {}

  /// The answer to a good query; valid until the next call.
  [[nodiscard]] const Answer& find(const Query& query, const AnswerOptions& options);

  /// NXDOMAIN for `query` whatever the records say.
  [[nodiscard]] const Answer& name_error(const Query& query, const AnswerOptions& options);

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  const Answer& find_known(const Query& query, const AnswerOptions& options);
  void write_addresses(const Query& query, const AnswerOptions& options, const struct Synthesis& found);
  void write_negative(const Query& query, const AnswerOptions& options, std::uint16_t rcode);

  RecordSet records_;
  std::uint8_t upstream_;
  bool synthesize_;
  std::unordered_map<std::string, Answer, Hash, std::equal_to<>> built_;
  Answer scratch_;
};

}  // namespace pacedns::simulator
