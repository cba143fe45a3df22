#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "pacedns/base/time.hpp"
#include "pacedns/dns/question.hpp"

namespace pacedns::forward {

/// Suspects that an upstream forwards to us what we ask it. In such a loop our own queries come back and join
/// their flights, or many of them: some forwarders set DO or CD, and then it is another question. Then the
/// upstreams are asked one by one for a name that nobody else can know (`LoopName`); the one whose name comes
/// back to us is in a loop. Clients that repeat themselves look the same, so the rounds through the upstreams
/// get rarer.
class LoopDetector {
 public:
  /// A flight has answered those who waited for it; `joined`: somebody came while it was waited for. The
  /// number of the upstream, of so many, that is to be asked now, if any.
  [[nodiscard]] std::optional<std::size_t> on_answered(bool joined, std::size_t upstreams, TimePoint now);

 private:
  std::uint16_t joined_ = 0;  // of the last flights, a bit each
  std::size_t next_upstream_ = 0;
  TimePoint not_before_ = TimePoint::min();
  Duration pause_ = kFirstPause;

  static constexpr Duration kFirstPause = std::chrono::seconds(1);
};

/// The question that an upstream is asked to see whether it comes back:
/// `<secret, number of the upstream and of the question>.pacedns-loop.example.com. TXT`. Forwarders pass such
/// names on (RFC 6761 §6.5), those below `test.` or `invalid.` they may answer themselves.
class LoopName {
 public:
  /// `upstream` is below 256; a `serial` of its own for each question, so that no cache knows the answer.
  LoopName(std::uint64_t secret, std::size_t upstream, std::uint16_t serial);

  [[nodiscard]] dns::Question question() const;

  /// The upstream that was asked this, if `question` is one made with `secret`.
  [[nodiscard]] static std::optional<std::size_t> find_upstream(const dns::Question& question,
                                                                std::uint64_t secret);

 private:
  static constexpr std::size_t kDigits = 16 + 2 + 4;  // hexadecimal
  static constexpr std::size_t kSize = 1 + kDigits + 1 + 12 + 1 + 7 + 1 + 3 + 1 + 4;

  std::array<std::uint8_t, kSize> wire_;
};

}  // namespace pacedns::forward
