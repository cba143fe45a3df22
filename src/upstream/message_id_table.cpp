#include "pacedns/upstream/message_id_table.hpp"

#include <algorithm>

#include "pacedns/dns/header.hpp"
#include "pacedns/dns/question.hpp"
#include "pacedns/dns/wire.hpp"

namespace pacedns::upstream {

using dns::Header;
using dns::MessageView;

std::uint16_t MessageIdTable::add(const ExchangeKey& key, Bytes query, Random& random) {
  std::uint16_t id = random.next_u16();
  while (find(id) != entries_.end())
    id = random.next_u16();
  entries_.push_back({id, key, dns::read_question(query)->wire});
  return id;
}

std::optional<ExchangeKey> MessageIdTable::remove(std::uint16_t id) {
  const auto entry = find(id);
  if (entry == entries_.end()) return std::nullopt;
  const ExchangeKey key = entry->key;
  *entry = entries_.back();
  entries_.pop_back();
  return key;
}

std::optional<ExchangeKey> MessageIdTable::match(Bytes reply, std::optional<MessageView>& view) {
  if (reply.size() < dns::kHeaderSize) return std::nullopt;
  const Header header = Header::read(reply);
  if (!header.has(dns::kQr) || header.opcode() != static_cast<std::uint8_t>(dns::Opcode::Query))
    return std::nullopt;
  const auto entry = find(header.id);
  if (entry == entries_.end()) return std::nullopt;

  const bool bare = reply.size() == dns::kHeaderSize &&
                    header.low_rcode() == static_cast<std::uint8_t>(dns::Rcode::FormErr);
  view = MessageView::parse(bare ? with_question(reply, entry->question) : reply);
  if (!view) return std::nullopt;
  const Bytes asked = entry->question;
  const dns::Question question{asked, dns::load_u16(asked, asked.size() - 4),
                               dns::load_u16(asked, asked.size() - 2)};
  if (!dns::same_question(view->question(), question)) return std::nullopt;
  return remove(header.id);
}

std::optional<ExchangeKey> MessageIdTable::take_one(std::span<const std::uint16_t> spared) {
  const auto one = std::ranges::find_if(
      entries_, [&](const Entry& entry) { return std::ranges::find(spared, entry.id) == spared.end(); });
  return one == entries_.end() ? std::nullopt : remove(one->id);
}

std::vector<ExchangeKey> MessageIdTable::take_all() {
  std::vector<ExchangeKey> keys;
  for (const Entry& entry : entries_)
    keys.push_back(entry.key);
  entries_.clear();
  return keys;
}

std::vector<MessageIdTable::Entry>::iterator MessageIdTable::find(std::uint16_t id) {
  return std::ranges::find(entries_, id, &Entry::id);
}

Bytes MessageIdTable::with_question(Bytes bare_reply, Bytes question) {
  rebuilt_.assign(bare_reply.begin(), bare_reply.end());
  rebuilt_.insert(rebuilt_.end(), question.begin(), question.end());
  Header header = Header::read(bare_reply);
  header.question_count = 1;
  header.answer_count = header.authority_count = header.additional_count = 0;
  header.write(rebuilt_);
  return rebuilt_;
}

}  // namespace pacedns::upstream
