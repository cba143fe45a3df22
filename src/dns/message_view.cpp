#include "pacedns/dns/message_view.hpp"

#include "pacedns/dns/name.hpp"
#include "pacedns/dns/wire.hpp"

namespace pacedns::dns {
namespace {

/// TYPE, CLASS, TTL and RDLENGTH.
constexpr std::size_t kFixedRecordSize = 10;

}  // namespace

std::optional<Record> RecordReader::next() {
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

std::optional<MessageView> MessageView::parse(Bytes message) {
  if (message.size() < kHeaderSize) return std::nullopt;
  MessageView view;
  view.wire_ = message;
  view.header_ = Header::read(message);
  if (view.header_.question_count != 1) return std::nullopt;
  const auto question = read_question(message);
  if (!question) return std::nullopt;
  view.question_ = *question;

  RecordReader records = view.records();
  while (const auto record = records.next()) {
    if (!record->is(RrType::Opt)) continue;
    const bool at_root = message[record->owner_offset] == 0;
    if (view.opt_ || record->section != Section::Additional || !at_root) return std::nullopt;
    view.opt_ = record;
  }
  if (records.failed()) return std::nullopt;
  view.wire_ = message.first(records.offset());
  return view;
}

Rcode MessageView::rcode() const {
  const std::uint32_t upper = opt_ ? opt_->ttl >> 24 : 0;
  return static_cast<Rcode>((upper << 4) | header_.low_rcode());
}

}  // namespace pacedns::dns
