#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "pacedns/cache/response_image.hpp"
#include "pacedns/dns/question.hpp"
#include "pacedns/forward/forward_options.hpp"

namespace pacedns::forward {

/// Answers what no upstream can know and none should hear of: `localhost`, names that exist nowhere
/// (`invalid`, `test`: RFC 6761 §6; `onion`: RFC 7686 §2), and zones that are empty here but for the PTR RRs
/// of `localhost`: the reverse zones of private, loopback, link-local and documentation addresses (RFC 6303
/// §4, RFC 6761 §6.1, RFC 7793), `home.arpa` (RFC 8375 §4) and `resolver.arpa` (RFC 9462 §6.4). `local` is
/// forwarded: where it is in the DNS, against RFC 6762 §22.1, an upstream knows it.
class SpecialNames {
 public:
  /// Below the names in `forwarded`, and at them, nothing is special.
  explicit SpecialNames(std::vector<WireName> forwarded) : forwarded_(std::move(forwarded)) {}

  /// The answer to a question in lower case; nothing if the name is not special.
  [[nodiscard]] std::optional<cache::ResponseImage> answer(const dns::Question& question) const;

 private:
  [[nodiscard]] bool is_forwarded(Bytes name) const;

  std::vector<WireName> forwarded_;
};

}  // namespace pacedns::forward
