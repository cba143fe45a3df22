#include "pacedns/cache/response_image.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <boost/container/small_vector.hpp>

#include "pacedns/dns/edns.hpp"
#include "pacedns/dns/header.hpp"
#include "pacedns/dns/name.hpp"
#include "pacedns/dns/ttl.hpp"
#include "pacedns/dns/wire.hpp"

namespace pacedns::cache {
namespace {

using dns::Header;
using dns::MessageView;
using dns::RrType;
using dns::Section;

constexpr std::uint16_t kQtypeAny = 255;
constexpr std::size_t kMinSoaSize = 22;   // two root names and five numbers
constexpr std::size_t kMaxCompared = 32;  // RRs; bounds the work on a hostile reply

std::uint32_t as_ttl(seconds value) {
  return static_cast<std::uint32_t>(value.count());
}

/// What the RRs say about how long the response is good for.
struct Lifetimes {
  bool has_data = false;                  // an RR of the QTYPE in the answer
  std::optional<std::uint32_t> answer;    // least TTL in the answer
  std::optional<std::uint32_t> negative;  // min(SOA TTL, SOA MINIMUM)
};

void note_lifetime(const dns::Record& record, std::uint16_t qtype, Lifetimes& found) {
  const std::uint32_t ttl = dns::effective_ttl(record.ttl);
  if (record.section == Section::Answer) {
    found.has_data |= record.type == qtype || qtype == kQtypeAny;
    found.answer = std::min(found.answer.value_or(ttl), ttl);
  } else if (record.section == Section::Authority && record.is(RrType::Soa) &&
             record.rdata.size() >= kMinSoaSize) {
    const std::uint32_t minimum = dns::effective_ttl(dns::load_u32(record.rdata, record.rdata.size() - 4));
    found.negative = std::min({found.negative.value_or(ttl), ttl, minimum});
  }
}

/// Gives an owner name that is the question's, spelled out once more, the question's letter case: it may have
/// taken over the one that we asked in.
void restore_letter_case(MutableBytes wire, std::size_t owner, Bytes qname) {
  if (wire.size() - owner < qname.size()) return;
  const MutableBytes name = wire.subspan(owner, qname.size());
  if (dns::equal_ignoring_case(name, qname)) copy_octets(qname, name.data());
}

/// The type of an RRset that a signature belongs to: it has the TTL of that (RFC 4034 §3).
std::uint16_t covered_type(const dns::Record& record) {
  return record.is(RrType::Rrsig) && record.rdata.size() >= 2 ? dns::load_u16(record.rdata, 0) : record.type;
}

bool have_one_ttl(Bytes wire, const dns::Record& left, const dns::Record& right) {
  if (left.section != right.section || left.rr_class != right.rr_class) return false;
  if (covered_type(left) != covered_type(right)) return false;
  const auto owner = dns::Name::read(wire, left.owner_offset);
  const auto other = dns::Name::read(wire, right.owner_offset);
  return owner && other && *owner == *other;
}

/// Every RR gets the least TTL of its section.
void lower_ttls(const MessageView& reply, MutableBytes wire) {
  std::array<std::uint32_t, 3> least{};
  least.fill(0xffffffff);
  const auto each = [&](auto&& act) {
    auto records = reply.records();
    for (auto record = records.next(); record && record->end <= wire.size(); record = records.next())
      act(*record, least.at(static_cast<std::size_t>(record->section)));
  };
  each([](const dns::Record& record, std::uint32_t& ttl) {
    ttl = std::min(ttl, dns::effective_ttl(record.ttl));
  });
  each([&](const dns::Record& record, std::uint32_t ttl) { dns::store_u32(wire, record.ttl_offset, ttl); });
}

/// RFC 2181 §5.2: where the RRs of an RRset have different TTLs, each gets the least of them. Where there are
/// too many to compare, all of a section do.
void even_out_ttls(const MessageView& reply, MutableBytes wire) {
  boost::container::small_vector<dns::Record, kMaxCompared> compared;
  auto records = reply.records();
  for (auto record = records.next(); record && record->end <= wire.size(); record = records.next()) {
    if (compared.size() == kMaxCompared) return lower_ttls(reply, wire);
    record->ttl = dns::effective_ttl(record->ttl);
    for (dns::Record& other : compared) {
      if (record->ttl == other.ttl || !have_one_ttl(wire, *record, other)) continue;
      record->ttl = other.ttl = std::min(record->ttl, other.ttl);
    }
    compared.push_back(*record);
  }
  for (const dns::Record& record : compared)
    dns::store_u32(wire, record.ttl_offset, record.ttl);
}

/// Copies everything but OPT and what follows it, and notes where the TTLs stand.
Lifetimes copy_records(const MessageView& reply, Bytes qname, ResponseImage& image) {
  Lifetimes found;
  Header header = reply.header();
  const std::size_t end = reply.opt() ? reply.opt()->owner_offset : reply.wire().size();
  const Bytes wire = reply.wire().first(end);
  image.wire.assign(wire.begin(), wire.end());
  image.ttl_offsets.reserve(std::size_t{header.answer_count} + header.authority_count);
  header.additional_count = 0;
  auto records = reply.records();
  std::size_t needed = dns::kHeaderSize + reply.question().wire.size();
  while (const auto record = records.next()) {
    if (record->end > end) break;
    if (record->section == Section::Additional) {
      ++header.additional_count;
    } else {
      needed = record->end;
    }
    note_lifetime(*record, reply.question().type, found);
    restore_letter_case(image.wire, record->owner_offset, qname);
    image.ttl_offsets.push_back(static_cast<std::uint16_t>(record->ttl_offset));
  }
  if (header.additional_count > 0) {
    image.short_size = static_cast<std::uint16_t>(needed);
    image.short_answers = header.answer_count;
  }
  header.write(image.wire);
  even_out_ttls(reply, image.wire);
  return found;
}

void clamp_ttls(ResponseImage& image, std::uint32_t least, std::uint32_t most) {
  for (const std::uint16_t offset : image.ttl_offsets) {
    const std::uint32_t ttl = dns::effective_ttl(dns::load_u32(image.wire, offset));
    dns::store_u32(image.wire, offset, std::clamp(ttl, least, most));
  }
}

}  // namespace

bool is_negative(const MessageView& reply) {
  Lifetimes found;
  auto records = reply.records();
  while (const auto record = records.next())
    note_lifetime(*record, reply.question().type, found);
  return reply.rcode() != dns::Rcode::NoError || !found.has_data;
}

ResponseImage make_image(const MessageView& reply, Bytes question, const TtlLimits& limits) {
  ResponseImage image;
  const Lifetimes found = copy_records(reply, question.first(question.size() - 4), image);
  copy_octets(question, image.wire.data() + dns::kHeaderSize);
  const std::uint32_t max_ttl = as_ttl(limits.max_ttl);
  image.error = dns::read_extended_error(reply);
  image.negative = reply.rcode() != dns::Rcode::NoError || !found.has_data;
  if (!image.negative) {
    image.lifetime = std::clamp(*found.answer, as_ttl(limits.min_ttl), max_ttl);
    clamp_ttls(image, as_ttl(limits.min_ttl), max_ttl);
  } else {
    if (found.negative) {
      image.lifetime = std::min(
          {*found.negative, as_ttl(limits.negative_max_ttl), found.answer.value_or(max_ttl), max_ttl});
    }
    clamp_ttls(image, 0, found.negative ? image.lifetime : max_ttl);
  }
  return image;
}

ResponseImage copy_image(const dns::ImageView& image) {
  ResponseImage copy;
  copy.wire.assign(image.wire.begin(), image.wire.end());
  copy.ttl_offsets.assign(image.ttl_offsets.begin(), image.ttl_offsets.end());
  copy.short_size = image.short_size;
  copy.short_answers = image.short_answers;
  copy.error = image.error;
  return copy;
}

ResponseImage make_failure_image(Bytes question, dns::Rcode rcode, dns::ExtendedError error,
                                 const TtlLimits& limits) {
  // Codes above 15 live in OPT, which images do not have.
  if (static_cast<std::uint16_t>(rcode) > dns::kRcodeMask) rcode = dns::Rcode::ServFail;
  ResponseImage image;
  image.wire.resize(dns::kHeaderSize + question.size());
  const Header header{.flags = static_cast<std::uint16_t>(dns::kQr | static_cast<std::uint16_t>(rcode)),
                      .question_count = 1};
  header.write(image.wire);
  copy_octets(question, image.wire.data() + dns::kHeaderSize);
  image.error = error;
  image.negative = true;
  image.lifetime = as_ttl(limits.failure_ttl);
  return image;
}

}  // namespace pacedns::cache
