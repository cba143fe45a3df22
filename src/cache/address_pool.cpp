#include "pacedns/cache/address_pool.hpp"

#include <algorithm>

#include "pacedns/dns/header.hpp"
#include "pacedns/dns/ttl.hpp"
#include "pacedns/dns/wire.hpp"

namespace pacedns::cache {
namespace {

using dns::Header;
using dns::MessageView;
using dns::Name;
using dns::RrType;
using dns::Section;

constexpr int kMaxChain = 16;
constexpr std::uint16_t kMaxAnswers = 256;  // bounds the work on a hostile reply
constexpr std::uint16_t kPointerMark = 0xc000;
constexpr std::size_t kPointerReach = 0x4000;
constexpr std::size_t kMaxMessageSize = 65535;

constexpr std::size_t address_size(std::uint16_t type) {
  return type == static_cast<std::uint16_t>(RrType::A) ? 4 : 16;
}

/// Where the octets of the name at `offset` stand: there, or where its pointer leads.
std::size_t pointed_at(Bytes message, std::size_t offset) {
  const std::uint16_t pointer = dns::load_u16(message, offset);
  return pointer >= kPointerMark ? static_cast<std::size_t>(pointer - kPointerMark) : offset;
}

bool in_class_in(std::uint16_t rr_class) {
  return rr_class == static_cast<std::uint16_t>(dns::RrClass::In);
}

/// The target of the CNAME at `owner` in the answer; one whose RDATA is not exactly a name leads nowhere.
std::optional<Name> next_in_chain(const MessageView& reply, const Name& owner) {
  auto records = reply.records();
  while (const auto record = records.next()) {
    if (record->section != Section::Answer) break;
    if (!record->is(RrType::Cname) || !in_class_in(record->rr_class)) continue;
    const auto name = Name::read(reply.wire(), record->owner_offset);
    if (!name || !(*name == owner)) continue;
    if (dns::skip_name(reply.wire(), record->rdata_offset()) != record->end) return std::nullopt;
    return Name::read(reply.wire(), record->rdata_offset());
  }
  return std::nullopt;
}

/// Where the CNAME chain that begins at QNAME ends; nothing if it does not end.
std::optional<Name> terminal_owner(const MessageView& reply) {
  auto owner = Name::read(reply.wire(), dns::kHeaderSize);
  for (int cnames = 0; owner && cnames <= kMaxChain; ++cnames) {
    const auto target = next_in_chain(reply, *owner);
    if (!target) return owner;
    owner = target;
  }
  return std::nullopt;
}

bool has_signatures(const MessageView& reply) {
  auto records = reply.records();
  while (const auto record = records.next()) {
    if (record->is(RrType::Rrsig)) return true;
  }
  return false;
}

}  // namespace

AddressPool::AddressPool(std::uint16_t type, const Answer& winner)
    : type_(type),
      address_size_(address_size(type)),
      owner_(winner.owner),
      owner_pointer_(static_cast<std::uint16_t>(kPointerMark | winner.owner_offset)),
      addresses_(winner.addresses.begin(), winner.addresses.end()),
      winner_addresses_(winner.addresses.size()),
      ttl_(winner.ttl),
      authentic_(winner.authentic) {}

std::optional<AddressPool> AddressPool::from_winner(const MessageView& winner) {
  const auto& question = winner.question();
  if (!question.asks_for_addresses() || !in_class_in(question.rr_class)) return std::nullopt;
  if (winner.rcode() != dns::Rcode::NoError) return std::nullopt;
  const auto answer = read_answer(winner);
  if (!answer || answer->addresses.empty() || answer->owner_offset >= kPointerReach) return std::nullopt;
  if (answer->blocks) return std::nullopt;
  return AddressPool(question.type, *answer);
}

MergeOutcome AddressPool::add(const MessageView& reply) {
  if (reply.rcode() != dns::Rcode::NoError) return MergeOutcome::Disagrees;
  const auto answer = read_answer(reply);
  if (!answer) return MergeOutcome::NotMergeable;
  if (answer->addresses.empty()) return MergeOutcome::Disagrees;
  if (!(answer->owner == owner_)) return MergeOutcome::OtherOwner;

  const std::size_t before = addresses_.size();
  bool full = false;
  for (const Address& address : answer->addresses) {
    if (std::ranges::find(addresses_, address) != addresses_.end()) continue;
    if (addresses_.size() >= kMaxPoolSize) {
      full = true;
      break;
    }
    addresses_.push_back(address);
  }
  ttl_ = std::min(ttl_, answer->ttl);
  if (addresses_.size() > before) authentic_ &= answer->authentic;
  return full ? MergeOutcome::Full : MergeOutcome::Merged;
}

ResponseImage AddressPool::merge_into(const ResponseImage& winner, const TtlLimits& limits) const {
  const auto view = MessageView::parse(winner.wire);
  const std::uint32_t ttl = std::clamp(ttl_, static_cast<std::uint32_t>(limits.min_ttl.count()),
                                       static_cast<std::uint32_t>(limits.max_ttl.count()));
  ResponseImage image;
  image.wire = winner.wire;
  image.error = winner.error;
  image.lifetime = std::min(winner.lifetime, ttl);
  std::size_t end = dns::kHeaderSize + view->question().wire.size();
  auto records = view->records();
  for (auto record = records.next(); record && record->section == Section::Answer; record = records.next()) {
    end = record->end;
    image.ttl_offsets.push_back(static_cast<std::uint16_t>(record->ttl_offset));
    if (record->type == type_) dns::store_u32(image.wire, record->ttl_offset, std::min(ttl, record->ttl));
  }
  image.wire.resize(end);
  image.short_size = static_cast<std::uint16_t>(end);
  image.short_answers = view->header().answer_count;

  Header header = view->header();
  header.answer_count = static_cast<std::uint16_t>(header.answer_count + append_additions(image, ttl));
  header.authority_count = header.additional_count = 0;
  if (!authentic_) header.flags = static_cast<std::uint16_t>(header.flags & ~dns::kAd);
  header.write(image.wire);
  return image;
}

std::size_t AddressPool::append_additions(ResponseImage& image, std::uint32_t ttl) const {
  const std::size_t record_size = 12 + address_size_;  // pointer, TYPE, CLASS, TTL, RDLENGTH, RDATA
  const std::size_t count = std::min(additions(), (kMaxMessageSize - image.wire.size()) / record_size);
  for (std::size_t i = winner_addresses_; i < winner_addresses_ + count; ++i) {
    const std::size_t at = image.wire.size();
    image.wire.resize(at + record_size);
    const MutableBytes record = MutableBytes(image.wire).subspan(at);
    dns::store_u16(record, 0, owner_pointer_);
    dns::store_u16(record, 2, type_);
    dns::store_u16(record, 4, static_cast<std::uint16_t>(dns::RrClass::In));
    dns::store_u32(record, 6, ttl);
    dns::store_u16(record, 10, static_cast<std::uint16_t>(address_size_));
    std::copy_n(addresses_[i].begin(), address_size_, record.begin() + 12);
    image.ttl_offsets.push_back(static_cast<std::uint16_t>(at + 6));
  }
  return count;
}

std::optional<AddressPool::Answer> AddressPool::read_answer(const MessageView& reply) {
  if (reply.header().answer_count > kMaxAnswers || has_signatures(reply)) return std::nullopt;
  const auto owner = terminal_owner(reply);
  if (!owner) return std::nullopt;

  const std::uint16_t type = reply.question().type;
  Answer answer;
  answer.owner = *owner;
  answer.ttl = 0xffffffff;
  answer.authentic = reply.header().has(dns::kAd);
  auto records = reply.records();
  while (const auto record = records.next()) {
    if (record->section != Section::Answer) break;
    if (record->type != type || !in_class_in(record->rr_class)) continue;
    if (record->rdata.size() != address_size(type)) return std::nullopt;
    const auto name = Name::read(reply.wire(), record->owner_offset);
    if (!name) return std::nullopt;
    if (!(*name == *owner)) continue;
    answer.owner_offset = pointed_at(reply.wire(), record->owner_offset);
    Address address{};
    std::ranges::copy(record->rdata, address.begin());
    if (address == Address{}) {
      answer.blocks = true;
      continue;
    }
    answer.addresses.push_back(address);
    answer.ttl = std::min(answer.ttl, dns::effective_ttl(record->ttl));
  }
  return answer;
}

}  // namespace pacedns::cache
