#pragma once

#include <cstdint>
#include <vector>

#include "pacedns/base/bytes.hpp"
#include "pacedns/cache/cache_options.hpp"
#include "pacedns/dns/image_view.hpp"
#include "pacedns/dns/message_view.hpp"
#include "pacedns/dns/registry.hpp"

namespace pacedns::cache {

/// A response made ready to be shared: OPT stripped, question in canonical form, TTLs clamped, and how long
/// it may be kept. Immutable once it is shared between threads.
struct ResponseImage {
  std::vector<std::uint8_t> wire;
  std::vector<std::uint16_t> ttl_offsets;
  std::uint16_t short_size = 0;
  std::uint16_t short_answers = 0;
  dns::ExtendedError error = dns::ExtendedError::None;
  bool negative = false;       ///< NXDOMAIN, NODATA or a failure; not kept in the cache
  std::uint32_t lifetime = 0;  ///< seconds; 0: shared by those who wait for it, but not stored

  [[nodiscard]] dns::ImageView view() const { return {wire, ttl_offsets, short_size, short_answers, error}; }
};

/// Whether a usable reply says that there is no such name or no such data.
[[nodiscard]] bool is_negative(const dns::MessageView& reply);

/// A usable reply. `question` is the canonical question of its key and as long as the reply's own.
///
/// Lifetime: of a positive response the least TTL in its answer, clamped; of a negative one
/// min(SOA TTL, SOA MINIMUM) (RFC 2308 §5), and 0 without an SOA. RRs behind an OPT are left out: nothing
/// may refer across the gap that it leaves, and only transaction signatures belong there.
[[nodiscard]] ResponseImage make_image(const dns::MessageView& reply, Bytes question,
                                       const TtlLimits& limits);

/// A copy of an image that is in the cache, for use beyond the look-up; its lifetime is left at 0.
[[nodiscard]] ResponseImage copy_image(const dns::ImageView& image);

/// A failure of the whole flight (RFC 9520). An RCODE that takes more than the header's four bits becomes
/// SERVFAIL.
[[nodiscard]] ResponseImage make_failure_image(Bytes question, dns::Rcode rcode, dns::ExtendedError error,
                                               const TtlLimits& limits);

}  // namespace pacedns::cache
