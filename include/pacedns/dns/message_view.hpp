#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "pacedns/base/bytes.hpp"
#include "pacedns/dns/header.hpp"
#include "pacedns/dns/name.hpp"
#include "pacedns/dns/question.hpp"
#include "pacedns/dns/registry.hpp"
#include "pacedns/dns/wire.hpp"

namespace pacedns::dns {

enum class Section : std::uint8_t { Answer, Authority, Additional };

/// One RR, as offsets into the message it stands in.
struct Record {
  Section section = Section::Answer;
  std::size_t owner_offset = 0;
  std::uint16_t type = 0;
  std::uint16_t rr_class = 0;
  std::uint32_t ttl = 0;  ///< as it stands in the message
  std::size_t ttl_offset = 0;
  Bytes rdata;
  std::size_t end = 0;

  [[nodiscard]] bool is(RrType wanted) const { return type == static_cast<std::uint16_t>(wanted); }
  [[nodiscard]] std::size_t rdata_offset() const { return end - rdata.size(); }
};

/// Reads the RRs of a message one after the other. Copy it to read ahead.
class RecordReader {
 public:
  RecordReader(Bytes message, const Header& header, std::size_t offset)
      : message_(message),
        offset_(offset),
        left_{header.answer_count, header.authority_count, header.additional_count} {}

  /// The next RR, or nothing at the end or when the rest is malformed: ask `failed()`.
  [[nodiscard]] std::optional<Record> next();

  [[nodiscard]] bool failed() const { return failed_; }

  /// Where the next RR begins.
  [[nodiscard]] std::size_t offset() const { return offset_; }

 private:
  /// TYPE, CLASS, TTL and RDLENGTH.
  static constexpr std::size_t kFixedRecordSize = 10;

  Bytes message_;
  std::size_t offset_;
  std::uint16_t left_[3];
  std::uint8_t section_ = 0;
  bool failed_ = false;
};

// Inline: messages are walked more than once on the way through.
inline std::optional<Record> RecordReader::next() {
  while (section_ < 3 && left_[section_] == 0)
    ++section_;
  if (section_ == 3 || failed_) return std::nullopt;

  failed_ = true;
  const auto fixed = skip_name(message_, offset_);
  if (!fixed || *fixed + kFixedRecordSize > message_.size()) return std::nullopt;
  Record record;
  record.section = static_cast<Section>(section_);
  record.owner_offset = offset_;
  record.type = load_u16(message_, *fixed);
  record.rr_class = load_u16(message_, *fixed + 2);
  record.ttl_offset = *fixed + 4;
  record.ttl = load_u32(message_, record.ttl_offset);
  const std::size_t length = load_u16(message_, *fixed + 8);
  const std::size_t rdata = *fixed + kFixedRecordSize;
  if (rdata + length > message_.size()) return std::nullopt;
  record.rdata = message_.subspan(rdata, length);
  record.end = rdata + length;

  failed_ = false;
  offset_ = record.end;
  --left_[section_];
  return record;
}

/// A message with exactly one question whose RRs have all been walked once: none runs past the end. Octets
/// behind the last RR are ignored. What it refers to stays with the caller.
class MessageView {
 public:
  /// Nothing if the message has another number of questions or is malformed.
  [[nodiscard]] static std::optional<MessageView> parse(Bytes message);

  [[nodiscard]] Bytes wire() const { return wire_; }
  [[nodiscard]] const Header& header() const { return header_; }
  [[nodiscard]] const Question& question() const { return question_; }
  [[nodiscard]] RecordReader records() const { return {wire_, header_, kHeaderSize + question_.wire.size()}; }

  /// The OPT RR, if there is one. Messages with two of them, or with one in another section, do not parse
  /// (RFC 6891 §6.1.1).
  [[nodiscard]] const std::optional<Record>& opt() const { return opt_; }

  /// With the upper bits from OPT.
  [[nodiscard]] Rcode rcode() const;

 private:
  Bytes wire_;
  Header header_;
  Question question_;
  std::optional<Record> opt_;
};

}  // namespace pacedns::dns
