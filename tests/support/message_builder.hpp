#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ldns/ldns.h>
// Where nobody included <stdbool.h> before, ldns makes macros of these.
#undef bool
#undef false
#undef true

#include "pacedns/dns/header.hpp"
#include "pacedns/dns/registry.hpp"

// Wire messages for tests, well-formed or not:
//
//     MessageBuilder("www.example.", RrType::A).id(7).flags(kQr | kRd).answer("www.example. 300 IN A
//     192.0.2.1")
//         .opt({.dnssec_ok = true}).wire()
//
// RRs are given as presentation text (ldns reads it; names are written uncompressed) or as octets, which
// `record`, `name` and `pointer` make. The counts in the header follow what was added unless they are set.

namespace pacedns::test {

using Octets = std::vector<std::uint8_t>;

/// A TYPE or CLASS: an enumerator or any number.
struct Code {
  constexpr Code(dns::RrType type) : value(static_cast<std::uint16_t>(type)) {}           // NOLINT: implicit
  constexpr Code(dns::RrClass rr_class) : value(static_cast<std::uint16_t>(rr_class)) {}  // NOLINT: implicit
  constexpr Code(std::uint16_t number) : value(number) {}                                 // NOLINT: implicit
  std::uint16_t value;
};

/// The characters of `text` as they are.
[[nodiscard]] inline Octets octets(std::string_view text) {
  return {text.begin(), text.end()};
}

[[nodiscard]] inline Octets u16(std::size_t value) {
  return {static_cast<std::uint8_t>((value >> 8) & 0xff), static_cast<std::uint8_t>(value & 0xff)};
}

[[nodiscard]] inline Octets join(std::initializer_list<Octets> parts) {
  Octets whole;
  for (const Octets& part : parts)
    whole.insert(whole.end(), part.begin(), part.end());
  return whole;
}

/// A name from presentation text, uncompressed, letter case kept.
[[nodiscard]] inline Octets name(std::string_view text) {
  struct Free {
    void operator()(ldns_rdf* rdf) const { ldns_rdf_deep_free(rdf); }
  };
  const std::unique_ptr<ldns_rdf, Free> rdf(ldns_dname_new_frm_str(std::string(text).c_str()));
  if (!rdf) throw std::invalid_argument("not a name: " + std::string(text));
  const std::uint8_t* data = ldns_rdf_data(rdf.get());
  return {data, data + ldns_rdf_size(rdf.get())};
}

/// A label of these octets, without the root label that ends a name.
[[nodiscard]] inline Octets label(const Octets& content) {
  return join({{static_cast<std::uint8_t>(content.size())}, content});
}

/// A name of exactly `size` octets (at least 3, the root label included): labels of 63 octets and what is
/// left.
[[nodiscard]] inline Octets name_of_size(std::size_t size, std::uint8_t octet = 'a') {
  Octets result;
  for (std::size_t left = size - 1; left > 0;) {
    // Never leave a single octet: it would have to be a label without content.
    const std::size_t length = left <= 64 ? left - 1 : (left == 65 ? 62 : 63);
    result = join({result, label(Octets(length, octet))});
    left -= length + 1;
  }
  result.push_back(0);
  return result;
}

/// A compression pointer to `offset` in the message; 12 is the QNAME.
[[nodiscard]] inline Octets pointer(std::size_t offset = dns::kHeaderSize) {
  return u16(0xc000 | offset);
}

/// An RR from its parts. `length` stands in RDLENGTH instead of the size of `rdata`.
[[nodiscard]] inline Octets record(const Octets& owner, Code type, Code rr_class, std::uint32_t ttl,
                                   const Octets& rdata, std::optional<std::size_t> length = {}) {
  return join({owner, u16(type.value), u16(rr_class.value), u16(ttl >> 16), u16(ttl & 0xffff),
               u16(length.value_or(rdata.size())), rdata});
}

/// An RR from presentation text (RFC 1035 §5.1, RFC 3597).
[[nodiscard]] inline Octets record(std::string_view text) {
  struct Free {
    void operator()(ldns_rr* rr) const { ldns_rr_free(rr); }
    void operator()(std::uint8_t* wire) const { std::free(wire); }  // NOLINT: ldns allocates with malloc
  };
  ldns_rr* parsed = nullptr;
  const auto status = ldns_rr_new_frm_str(&parsed, std::string(text).c_str(), 0, nullptr, nullptr);
  const std::unique_ptr<ldns_rr, Free> rr(parsed);
  std::uint8_t* encoded = nullptr;
  std::size_t size = 0;
  if (status != LDNS_STATUS_OK ||
      ldns_rr2wire(&encoded, rr.get(), LDNS_SECTION_ANSWER, &size) != LDNS_STATUS_OK) {
    throw std::invalid_argument("not an RR: " + std::string(text));
  }
  const std::unique_ptr<std::uint8_t, Free> wire(encoded);
  return {encoded, encoded + size};
}

/// An EDNS option (RFC 6891 §6.1.2).
[[nodiscard]] inline Octets option(std::uint16_t code, const Octets& data) {
  return join({u16(code), u16(data.size()), data});
}

/// What an OPT RR holds.
struct Opt {
  std::uint16_t size = 1232;
  bool dnssec_ok = false;
  Octets options = {};
  std::uint8_t version = 0;
  std::uint8_t upper_rcode = 0;
  Octets owner = {0};
};

[[nodiscard]] inline Octets opt_record(const Opt& opt) {
  const std::uint32_t ttl = (std::uint32_t{opt.upper_rcode} << 24) | (std::uint32_t{opt.version} << 16) |
                            (opt.dnssec_ok ? 0x8000U : 0U);
  return record(opt.owner, dns::RrType::Opt, opt.size, ttl, opt.options);
}

class MessageBuilder {
 public:
  /// A query (RD set, nothing else) with one question.
  explicit MessageBuilder(std::string_view qname, Code type = dns::RrType::A,
                          Code rr_class = dns::RrClass::In)
      : MessageBuilder(name(qname), type, rr_class) {}

  /// The same for a QNAME given as octets.
  explicit MessageBuilder(const Octets& qname, Code type = dns::RrType::A, Code rr_class = dns::RrClass::In) {
    question(qname, type, rr_class);
  }

  /// Without a question.
  MessageBuilder() = default;

  MessageBuilder& id(std::uint16_t value) { return header_.id = value, *this; }
  MessageBuilder& opcode(unsigned value) { return replace(dns::kOpcodeMask, value << 11); }

  /// All of the header's second word: replaces Opcode and RCODE too.
  MessageBuilder& flags(unsigned value) { return replace(0xffff, value); }
  MessageBuilder& add_flags(unsigned value) { return replace(0, value); }

  /// QR, RD and RA, and the low four bits of an RCODE.
  MessageBuilder& response(dns::Rcode rcode = dns::Rcode::NoError) {
    add_flags(dns::kQr | dns::kRd | dns::kRa);
    return replace(dns::kRcodeMask, static_cast<unsigned>(rcode) & dns::kRcodeMask);
  }

  /// One more question.
  MessageBuilder& question(const Octets& qname, Code type, Code rr_class = dns::RrClass::In) {
    ++header_.question_count;
    questions_ = join({questions_, qname, u16(type.value), u16(rr_class.value)});
    return *this;
  }

  MessageBuilder& answer(const Octets& rr) { return add(answers_, header_.answer_count, rr); }
  MessageBuilder& answer(std::string_view text) { return answer(record(text)); }
  MessageBuilder& authority(const Octets& rr) { return add(authorities_, header_.authority_count, rr); }
  MessageBuilder& authority(std::string_view text) { return authority(record(text)); }
  MessageBuilder& additional(const Octets& rr) { return add(additionals_, header_.additional_count, rr); }
  MessageBuilder& additional(std::string_view text) { return additional(record(text)); }

  MessageBuilder& opt(const Opt& value = {}) { return additional(opt_record(value)); }
  MessageBuilder& opt(std::uint16_t size, bool dnssec_ok = false) {
    return opt(Opt{.size = size, .dnssec_ok = dnssec_ok});
  }

  /// Counts that lie, to be set last.
  MessageBuilder& question_count(std::uint16_t count) { return header_.question_count = count, *this; }
  MessageBuilder& answer_count(std::uint16_t count) { return header_.answer_count = count, *this; }
  MessageBuilder& authority_count(std::uint16_t count) { return header_.authority_count = count, *this; }
  MessageBuilder& additional_count(std::uint16_t count) { return header_.additional_count = count, *this; }

  /// Octets behind the last RR.
  MessageBuilder& trailing(const Octets& more) { return trailing_ = join({trailing_, more}), *this; }

  [[nodiscard]] Octets wire() const {
    Octets header(dns::kHeaderSize);
    header_.write(header);
    return join({header, questions_, answers_, authorities_, additionals_, trailing_});
  }

  /// The first `size` octets only, in a block of that size, so that reading on is seen by a sanitizer.
  [[nodiscard]] Octets wire_cut_at(std::size_t size) const {
    const Octets whole = wire();
    return {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
  }

  /// Behind a length of two octets, as on a TCP stream (RFC 1035 §4.2.2).
  [[nodiscard]] Octets frame() const {
    const Octets message = wire();
    return join({u16(message.size()), message});
  }

 private:
  MessageBuilder& replace(unsigned mask, unsigned value) {
    header_.flags = static_cast<std::uint16_t>((header_.flags & ~mask) | value);
    return *this;
  }

  MessageBuilder& add(Octets& section, std::uint16_t& count, const Octets& rr) {
    ++count;
    section.insert(section.end(), rr.begin(), rr.end());
    return *this;
  }

  dns::Header header_{.flags = dns::kRd};
  Octets questions_, answers_, authorities_, additionals_, trailing_;
};

}  // namespace pacedns::test
