#include "pacedns/dns/message_view.hpp"

namespace pacedns::dns {

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
