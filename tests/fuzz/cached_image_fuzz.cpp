// An image in the cache, at any age and under any limit, written for any client. Input: when it was stored
// and is looked up, the limit, the client, how the image is made longer and where its winner's answer ends,
// the message.

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "pacedns/cache/cache_entry.hpp"
#include "pacedns/cache/response_image.hpp"
#include "pacedns/dns/edns.hpp"
#include "pacedns/dns/message_view.hpp"
#include "pacedns/plan/response_verdict.hpp"

#include "fuzz/support/fuzz_input.hpp"
#include "fuzz/support/image_check.hpp"
#include "fuzz/support/made_messages.hpp"
#include "fuzz/support/require.hpp"
#include "support/cache_messages.hpp"

namespace pacedns {
namespace {

using dns::MessageView;
using test::FuzzInput;
using test::Octets;
using test::require;

/// Lets the first so many answers count as the winner's own, as if the others had been merged into it.
void divide(cache::ResponseImage& image, unsigned answers) {
  const auto view = MessageView::parse(image.wire);
  const auto& header = view->header();
  if (answers == 0 || header.authority_count != 0 || header.additional_count != 0) return;
  auto records = view->records();
  for (unsigned i = 0; i < answers; ++i) {
    const auto record = records.next();
    if (!record) return;
    image.short_size = static_cast<std::uint16_t>(record->end);
    image.short_answers = static_cast<std::uint16_t>(i + 1);
  }
}

/// Of the message if it is a usable reply, of a failure otherwise.
cache::ResponseImage image_of(const MessageView& reply, const cache::CacheKey& key, FuzzInput& input) {
  const unsigned short_answers = input.octet();
  if (plan::judge(reply, true, true) != plan::ResponseVerdict::Usable) {
    const auto error =
        short_answers % 2 == 0 ? dns::ExtendedError::None : dns::ExtendedError::NoReachableAuthority;
    return cache::make_failure_image(key.question(), reply.rcode(), error, {});
  }
  auto image = cache::make_image(reply, key.question(), {});
  test::check_image(image, key.question(), {});
  divide(image, short_answers);
  return image;
}

/// The same after the way through the cache; ages below half the range of the clock are right (68 years).
void check_entry(const cache::CacheEntry& entry, const cache::ResponseImage& image, std::uint32_t elapsed) {
  const dns::ImageView kept = entry.image();
  require(
      std::ranges::equal(kept.wire, image.wire) && std::ranges::equal(kept.ttl_offsets, image.ttl_offsets),
      "an entry holds the image as it is");
  require(kept.short_size == image.short_size && kept.short_answers == image.short_answers &&
              kept.error == image.error,
          "an entry holds all of the image");
  const std::uint32_t age = entry.age(entry.stored_at + elapsed);
  require(age == ((elapsed >> 31) != 0 ? 0 : elapsed), "an age is the time since the entry was stored");
}

}  // namespace
}  // namespace pacedns

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pacedns;
  FuzzInput input(data, size);
  const std::uint32_t stored_at = input.u32();
  const std::uint32_t elapsed = input.u32();
  const std::size_t limit = std::max<std::size_t>(input.u16(), dns::kMinUdpPayloadSize);
  FuzzInput client = input;  // its seven octets are read when the question is known
  for (int i = 0; i < 7; ++i)
    static_cast<void>(input.octet());
  FuzzInput image_choice = input;
  static_cast<void>(input.octet());
  const std::size_t more_records = input.octet();
  const std::size_t rdata_size = input.octet();

  const auto given = MessageView::parse(input.rest());
  if (!given) return 0;
  const Octets message =
      test::copy_of(test::stretched(*given, given->question().type, more_records, rdata_size));
  const auto reply = MessageView::parse(message);
  require(reply.has_value(), "a message with more RRs can be read");
  const cache::CacheKey key(reply->question(), false, false, test::hasher());
  const auto image = image_of(*reply, key, image_choice);
  const auto entry = cache::CacheEntry::create(key, image, stored_at, 1);
  check_entry(*entry, image, elapsed);
  test::check_served(test::client_query(client, key.question()), entry->image(),
                     entry->age(stored_at + elapsed), limit);
  return 0;
}
