#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "pacedns/base/time.hpp"
#include "pacedns/dns/question.hpp"

namespace pacedns::forward {

/// Suspects that an upstream forwards to us what we ask it. In such a loop our own query comes back and joins
/// its flight, flight after flight. Then the upstreams are asked one by one for a name that nobody else can
/// know (`LoopName`); the one whose name comes back to us is in a loop. Clients that repeat themselves look
/// the same, so these questions get rarer with each round through the upstreams.
class LoopDetector {
 public:
  /// A flight has answered those who waited for it; `joined`: somebody came while it was waited for. The
  /// number of the upstream, of so many, that is to be asked now, if any.
  [[nodiscard]] std::optional<std::size_t> on_answered(bool joined, std::size_t upstreams, TimePoint now);

 private:
  unsigned joined_in_a_row_ = 0;
  std::size_t next_upstream_ = 0;
  TimePoint not_before_ = TimePoint::min();
  Duration pause_ = kFirstPause;

  static constexpr Duration kFirstPause = std::chrono::seconds(1);
};

/// The question that an upstream is asked to see whether it comes back: `<secret and
/// number>.pacedns-loop.test. TXT`, below a name that is nobody's (RFC 6761 §6.2).
class LoopName {
 public:
  /// `upstream` is below 256.
  LoopName(std::uint64_t secret, std::size_t upstream);

  [[nodiscard]] dns::Question question() const;

  /// The upstream that was asked this, if `question` is one made with `secret`.
  [[nodiscard]] static std::optional<std::size_t> find_upstream(const dns::Question& question,
                                                                std::uint64_t secret);

 private:
  static constexpr std::size_t kDigits = 18;  // of the secret and of the number
  static constexpr std::size_t kSize = 1 + kDigits + 1 + 12 + 1 + 4 + 1 + 4;

  std::array<std::uint8_t, kSize> wire_;
};

}  // namespace pacedns::forward
