#include "pacedns/upstream/message_id_table.hpp"

#include <algorithm>

#include "pacedns/dns/header.hpp"
#include "pacedns/dns/question.hpp"
#include "pacedns/dns/wire.hpp"

namespace pacedns::upstream {

using dns::Header;
using dns::MessageView;

namespace {

dns::Question as_question(Bytes wire) {
  return {wire, dns::load_u16(wire, wire.size() - 4), dns::load_u16(wire, wire.size() - 2)};
}

}  // namespace

std::uint16_t MessageIdTable::add(const ExchangeKey& key, Bytes query, Spelling spelling, Random& random,
                                  MutableBytes copy) {
  std::uint16_t id = random.next_u16();
  while (find(id) != entries_.end())
    id = random.next_u16();
  const dns::Question question = *dns::read_question(query);
  const dns::LetterCase letter_case = spelling == Spelling::Random ? random.next_u64() : 0;
  entries_.push_back({id, key, question.wire, spelling, letter_case, 0});
  dns::store_u16(copy, 0, id);
  if (spelling == Spelling::Random)
    dns::spell(copy.subspan(dns::kHeaderSize, question.name().size()), letter_case);
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
  const dns::Question question = as_question(entry->question);
  if (!dns::same_question(view->question(), question)) return std::nullopt;
  if (!bare && entry->spelling == Spelling::Random &&
      !dns::is_spelled(view->question().name(), question.name(), entry->letter_case)) {
    return std::nullopt;
  }
  return remove(header.id);
}

// Called for what did not match: with a known ID and the question of that exchange, it was the letter case.
// Under the ID of another exchange a question is as wrong as under none.
std::optional<Suspicion> MessageIdTable::suspect(Bytes message) {
  const auto view = MessageView::parse(message);
  if (!view || !view->header().has(dns::kQr)) return std::nullopt;
  const auto asks_the_same = [&](const Entry& entry) {
    return dns::same_question(view->question(), as_question(entry.question));
  };
  const auto known = find(view->header().id);
  if (known != entries_.end() && asks_the_same(*known)) {
    if (known->spelling == Spelling::AsIs) return std::nullopt;
    return Suspicion{known->key, SuspicionReason::LetterCase};
  }
  const auto meant = std::ranges::find_if(entries_, asks_the_same);
  if (meant == entries_.end() || ++meant->near_misses != kMaxNearMisses) return std::nullopt;
  return Suspicion{meant->key, SuspicionReason::NearMisses};
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
