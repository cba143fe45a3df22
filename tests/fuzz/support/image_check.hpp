#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "pacedns/base/bytes.hpp"
#include "pacedns/cache/cache_options.hpp"
#include "pacedns/cache/response_image.hpp"
#include "pacedns/dns/image_view.hpp"
#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/query.hpp"
#include "pacedns/dns/response_builder.hpp"

#include "fuzz/support/reply_check.hpp"
#include "fuzz/support/require.hpp"
#include "support/ldns_comparison.hpp"
#include "support/message_builder.hpp"

namespace pacedns::test {

/// An image is a message without OPT and with nothing behind it, for this question; it knows where its TTLs
/// are, and none is more than may be kept.
inline void check_image(const cache::ResponseImage& image, Bytes question, const cache::TtlLimits& limits) {
  const auto view = dns::MessageView::parse(image.wire);
  require(view.has_value(), "an image can be read");
  require(view->wire().size() == image.wire.size(), "nothing stands behind an image's last RR");
  require(!view->opt(), "an image has no OPT");
  require(std::ranges::equal(view->question().wire, question), "the image's question is the key's");
  require(image.lifetime <= limits.max_ttl.count() || image.negative, "a lifetime is at most max_ttl");

  std::size_t index = 0;
  auto records = view->records();
  while (const auto record = records.next()) {
    require(index < image.ttl_offsets.size() && image.ttl_offsets[index] == record->ttl_offset,
            "an image knows where its TTLs are");
    ++index;
    require(record->ttl <= limits.max_ttl.count(), "a TTL is at most max_ttl");
    const bool bounds = !image.negative && record->section == dns::Section::Answer;
    require(!bounds || record->ttl >= image.lifetime, "a positive image does not outlive its answer");
  }
  require(index == image.ttl_offsets.size(), "an image has no TTLs but those of its RRs");
}

/// RRs of a reply are those of the image, in its order, their TTLs aged (RFC 1035 §3.2.1, RFC 2181 §8).
inline void check_records(const dns::MessageView& reply, const dns::MessageView& image, std::uint32_t age) {
  auto theirs = image.records();
  auto records = reply.records();
  while (const auto record = records.next()) {
    if (is_opt(*record)) continue;
    const auto kept = theirs.next();
    require(kept.has_value(), "a reply has no RRs but the image's");
    require(record->section == kept->section && record->type == kept->type &&
                record->rr_class == kept->rr_class && std::ranges::equal(record->rdata, kept->rdata),
            "the RRs are the image's");
    const std::uint32_t whole = (kept->ttl >> 31) != 0 ? 0 : kept->ttl;
    require(record->ttl == whole - std::min(whole, age), "a TTL is what is left of it");
  }
  if (!reply.header().has(dns::kTc))
    require(reply.header().answer_count <= image.header().answer_count, "no more answers than the image has");
}

/// Whether as much of the image is in the reply as the limit allows: all, the winner's own answer, or TC.
inline void check_amount(const dns::MessageView& reply, const dns::ImageView& image, std::size_t limit) {
  const std::size_t opt =
      reply.wire().size() - (reply.opt() ? reply.opt()->owner_offset : reply.wire().size());
  const std::size_t least = reply.opt() ? dns::kOptSize : 0;
  const bool whole = image.wire.size() + least <= limit;
  const bool winner = !whole && image.short_size != 0 && image.short_size + least <= limit;
  require(!reply.opt() || opt == dns::opt_size(image.error) || reply.wire().size() + 6 > limit,
          "an error is there if there is room");
  require(reply.header().has(dns::kTc) == (!whole && !winner), "TC is set when nothing else fits");
  if (whole) require(reply.wire().size() == image.wire.size() + opt, "the whole image is there");
  if (winner) require(reply.wire().size() == image.short_size + opt, "the winner's answer is there");
}

/// Writes an image as the reply to a client's query, into a block as large as the limit, and looks at it.
inline void check_served(Bytes client_query, const dns::ImageView& image, std::uint32_t age,
                         std::size_t limit) {
  dns::Query query;
  require(dns::read_query(client_query, query) != dns::QueryVerdict::Drop, "a client's query is a query");
  Octets out(limit);
  const std::size_t size = dns::write_reply(query, image, age, limit, out);
  const Bytes reply = Bytes(out).first(std::min(size, out.size()));
  check_reply(client_query, reply, limit, false);

  const auto view = dns::MessageView::parse(reply);
  const auto kept = dns::MessageView::parse(image.wire);
  require(view->header().low_rcode() == kept->header().low_rcode(), "the RCODE is the image's");
  check_records(*view, *kept, age);
  check_amount(*view, image, limit);
  require(ldns_takes_the_frame(*view), "ldns takes the reply, but for RDATA and owners");
}

}  // namespace pacedns::test
