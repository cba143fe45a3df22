#include "pacedns/dns/reduce.hpp"

#include <cstddef>

#include "pacedns/dns/header.hpp"
#include "pacedns/dns/name.hpp"
#include "pacedns/dns/wire.hpp"

namespace pacedns::dns {
namespace {

constexpr std::size_t kMaxAnswers = 256;
constexpr std::size_t kMaxSize = 65535;

using Octets = std::vector<std::uint8_t>;

void append(Octets& to, Bytes octets) {
  to.insert(to.end(), octets.begin(), octets.end());
}

void append_u16(Octets& to, std::size_t value) {
  to.push_back(static_cast<std::uint8_t>((value >> 8) & 0xff));
  to.push_back(static_cast<std::uint8_t>(value & 0xff));
}

/// RDATA that means the same elsewhere; nothing if the RR is of another type, or no RR of its type.
std::optional<Octets> portable_rdata(Bytes message, const Record& record) {
  const bool address = (record.is(RrType::A) && record.rdata.size() == 4) ||
                       (record.is(RrType::Aaaa) && record.rdata.size() == 16);
  if (address) return Octets(record.rdata.begin(), record.rdata.end());
  if (!record.is(RrType::Cname) || skip_name(message, record.rdata_offset()) != record.end)
    return std::nullopt;
  const auto target = Name::read(message, record.rdata_offset());
  if (!target) return std::nullopt;
  return Octets(target->wire().begin(), target->wire().end());
}

/// TYPE, CLASS and TTL stand together.
void append_record(Octets& to, Bytes message, const Record& record, const Name& owner, Bytes rdata) {
  append(to, owner.wire());
  append(to, message.subspan(record.ttl_offset - 4, 8));
  append_u16(to, rdata.size());
  append(to, rdata);
}

}  // namespace

std::optional<std::vector<std::uint8_t>> reduce(const MessageView& reply, const std::vector<bool>& unwanted) {
  if (unwanted.size() > kMaxAnswers) return std::nullopt;
  const Bytes message = reply.wire();
  const Bytes frame = message.first(kHeaderSize + reply.question().wire.size());
  Octets reduced(frame.begin(), frame.end());
  Header header = reply.header();
  header.flags = static_cast<std::uint16_t>(header.flags & ~kAd);
  header.answer_count = header.authority_count = header.additional_count = 0;
  auto records = reply.records();
  for (const bool is_unwanted : unwanted) {
    const auto record = records.next();
    if (!record) return std::nullopt;
    if (is_unwanted) continue;
    const auto rdata = portable_rdata(message, *record);
    if (!rdata) continue;
    const auto owner = Name::read(message, record->owner_offset);
    if (!owner) return std::nullopt;
    append_record(reduced, message, *record, *owner, *rdata);
    ++header.answer_count;
  }
  if (reduced.size() > kMaxSize) return std::nullopt;
  header.write(reduced);
  return reduced;
}

}  // namespace pacedns::dns
