#include "upstream/answer_source.hpp"

#include <algorithm>
#include <array>

#include "upstream/answer_builder.hpp"
#include "upstream/synthesis.hpp"
#include "upstream/values.hpp"
#include "upstream/wire_writer.hpp"

namespace pacedns::simulator {
namespace {

constexpr std::uint16_t kClassIn = 1;
constexpr std::uint16_t kClassAny = 255;
constexpr std::uint16_t kRefused = 5;
constexpr std::uint16_t kNxDomain = 3;
constexpr std::uint16_t kPointerToQuestion = 0xc000 | kHeaderSize;

/// A bound for tests that ask every type there is.
constexpr std::size_t kMostBuilt = 100'000;

/// What tells one built answer from another, as a string; big enough for any name.
struct BuiltKey {
  BuiltKey(const Query& query, const AnswerOptions& options) {
    const std::string_view name = query.canonical_name();
    auto* end = std::copy(name.begin(), name.end(), octets.begin());
    for (const std::uint32_t part : {std::uint32_t{query.qtype} << 16 | query.qclass, options.ttl}) {
      for (const unsigned shift : {24U, 16U, 8U, 0U})
        *end++ = static_cast<char>(part >> shift & 0xff);
    }
    *end++ =
        static_cast<char>((query.dnssec_ok ? 4 : 0) | (options.soa ? 2 : 0) | (options.question ? 1 : 0));
    size = static_cast<std::size_t>(end - octets.begin());
  }

  [[nodiscard]] std::string_view view() const { return {octets.data(), size}; }

  std::array<char, 255 + 9> octets;
  std::size_t size = 0;
};

/// The SOA records of negative answers where no record set has one, uncompressed.
const std::vector<std::uint8_t>& default_soa_wire(std::string_view name) {
  static const std::vector<std::uint8_t> kExampleSoa = record_wire(default_soa(kExampleZone));
  static const std::vector<std::uint8_t> kRootSoa = record_wire(default_soa(kRootZone));
  return is_within(name, kExampleZone) ? kExampleSoa : kRootSoa;
}

void clear(Answer& answer, std::uint16_t rcode) {
  answer.rcode = rcode;
  answer.answers = 0;
  answer.authorities = 0;
  answer.body.clear();
}

}  // namespace

const Answer& AnswerSource::find(const Query& query, const AnswerOptions& options) {
  const std::string_view name = query.canonical_name();
  if (records_.find(name) != nullptr) return find_known(query, options);
  if (query.qclass != kClassIn && query.qclass != kClassAny) {
    clear(scratch_, kRefused);
    return scratch_;
  }
  const Synthesis found = synthesize_ ? synthesize(name, query.qtype, upstream_) : Synthesis{};
  if (found.kind == SynthesisKind::Addresses) {
    write_addresses(query, options, found);
  } else {
    const bool exists = found.kind == SynthesisKind::NoData || name == kExampleZone || name == kRootZone;
    write_negative(query, options, exists ? std::uint16_t{0} : kNxDomain);
  }
  return scratch_;
}

const Answer& AnswerSource::name_error(const Query& query, const AnswerOptions& options) {
  write_negative(query, options, kNxDomain);
  return scratch_;
}

const Answer& AnswerSource::find_known(const Query& query, const AnswerOptions& options) {
  const BuiltKey key(query, options);
  if (const auto found = built_.find(key.view()); found != built_.end()) return found->second;
  if (built_.size() >= kMostBuilt) built_.clear();
  Answer answer = build_answer(query, options, {records_, upstream_, synthesize_});
  return built_.emplace(std::string(key.view()), std::move(answer)).first->second;
}

void AnswerSource::write_addresses(const Query& query, const AnswerOptions& options, const Synthesis& found) {
  clear(scratch_, 0);
  for (std::size_t i = 0; i < found.count; ++i) {
    if (options.question) {
      append_u16(scratch_.body, kPointerToQuestion);
    } else {
      append_text(scratch_.body, query.canonical_name());
    }
    append_u16(scratch_.body, query.qtype);
    append_u16(scratch_.body, kClassIn);
    append_u32(scratch_.body, options.ttl);
    append_u16(scratch_.body, static_cast<std::uint16_t>(found.address_size));
    append(scratch_.body, Bytes(found.addresses[i]).first(found.address_size));
    ++scratch_.answers;
  }
}

void AnswerSource::write_negative(const Query& query, const AnswerOptions& options, std::uint16_t rcode) {
  clear(scratch_, rcode);
  if (!options.soa) return;
  const Record own = records_.enclosing_soa(query.canonical_name());
  append(scratch_.body, own ? record_wire(own) : default_soa_wire(query.canonical_name()));
  scratch_.authorities = 1;
}

}  // namespace pacedns::simulator
