#include "pacedns/dns/response_builder.hpp"

#include <cstring>

#include "pacedns/dns/header.hpp"
#include "pacedns/dns/ttl.hpp"
#include "pacedns/dns/wire.hpp"

namespace pacedns::dns {
namespace {

std::uint16_t reply_flags(const Query& query, std::uint16_t set, Rcode rcode) {
  const auto copied = static_cast<std::uint16_t>(query.flags & (kOpcodeMask | kRd | kCd));
  const auto low_rcode = static_cast<std::uint16_t>(static_cast<std::uint16_t>(rcode) & kRcodeMask);
  return static_cast<std::uint16_t>(kQr | kRa | copied | set | low_rcode);
}

/// Header, question and OPT, without RRs.
std::size_t write_frame(const Query& query, std::uint16_t flags, Rcode rcode, ExtendedError error,
                        MutableBytes out) {
  const Bytes question = query.question.wire;
  const Header header{.id = query.id,
                      .flags = flags,
                      .question_count = static_cast<std::uint16_t>(question.empty() ? 0 : 1),
                      .additional_count = static_cast<std::uint16_t>(query.edns ? 1 : 0)};
  header.write(out);
  std::size_t size = kHeaderSize;
  if (!question.empty()) std::memcpy(out.data() + size, question.data(), question.size());
  size += question.size();
  if (!query.edns) return size;
  write_opt(out, size, rcode, query.dnssec_ok(), error);
  return size + opt_size(error);
}

}  // namespace

std::size_t write_empty_reply(const Query& query, Rcode rcode, ExtendedError error, MutableBytes out) {
  return write_frame(query, reply_flags(query, 0, rcode), rcode, error, out);
}

std::size_t write_truncated_reply(const Query& query, MutableBytes out) {
  return write_frame(query, reply_flags(query, kTc, Rcode::NoError), Rcode::NoError, ExtendedError::None,
                     out);
}

std::size_t write_reply(const Query& query, const ImageView& image, std::uint32_t age, std::size_t limit,
                        MutableBytes out) {
  Header header = Header::read(image.wire);
  const auto rcode = static_cast<Rcode>(header.low_rcode());
  const std::size_t least_opt = query.edns ? kOptSize : 0;
  std::size_t size = image.wire.size();
  if (size + least_opt > limit && image.short_size != 0) {
    size = image.short_size;
    header.answer_count = image.short_answers;
    header.additional_count = 0;
  }
  if (size + least_opt > limit)
    return write_frame(query, reply_flags(query, kTc, rcode), rcode, image.error, out);

  // What is said about an answer gives way to it (RFC 8914 §3).
  const ExtendedError error = size + opt_size(image.error) <= limit ? image.error : ExtendedError::None;
  const auto ad = static_cast<std::uint16_t>(query.understands_ad() ? header.flags & kAd : 0);
  header.id = query.id;
  header.flags = reply_flags(query, ad, rcode);
  if (query.edns) ++header.additional_count;
  const Bytes question = query.question.wire;
  std::memcpy(out.data(), image.wire.data(), size);
  header.write(out);
  std::memcpy(out.data() + kHeaderSize, question.data(), question.size());
  for (const std::uint16_t offset : image.ttl_offsets) {
    if (offset >= size) break;
    store_u32(out, offset, aged_ttl(load_u32(out, offset), age));
  }
  if (!query.edns) return size;
  write_opt(out, size, rcode, query.dnssec_ok(), error);
  return size + opt_size(error);
}

}  // namespace pacedns::dns
