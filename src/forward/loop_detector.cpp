#include "pacedns/forward/loop_detector.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace pacedns::forward {
namespace {

constexpr unsigned kSuspicious = 4;  // flights in a row
constexpr Duration kLastPause = std::chrono::minutes(10);

constexpr std::uint16_t kTypeTxt = 16;
constexpr std::uint16_t kClassIn = 1;

}  // namespace

std::optional<std::size_t> LoopDetector::on_answered(bool joined, std::size_t upstreams, TimePoint now) {
  joined_in_a_row_ = joined ? joined_in_a_row_ + 1 : 0;
  if (joined_in_a_row_ < kSuspicious || now < not_before_ || upstreams == 0) return std::nullopt;
  if (next_upstream_ >= upstreams) {
    next_upstream_ = 0;
    pause_ = std::min(2 * pause_, kLastPause);
  }
  not_before_ = now + pause_;
  return next_upstream_++;
}

LoopName::LoopName(std::uint64_t secret, std::size_t upstream) {
  using namespace std::literals;
  const std::string text =
      fmt::format("\x12{:016x}{:02x}\x0cpacedns-loop\x04test"sv, secret, upstream) + "\0\0\x10\0\x01"s;
  std::ranges::copy(text, wire_.begin());
}

dns::Question LoopName::question() const {
  return {wire_, kTypeTxt, kClassIn};
}

std::optional<std::size_t> LoopName::find_upstream(const dns::Question& question, std::uint64_t secret) {
  if (question.wire.size() != kSize || question.type != kTypeTxt) return std::nullopt;
  const auto* const digits = reinterpret_cast<const char*>(question.wire.data()) + 1;
  std::size_t upstream = 0;
  const auto read = std::from_chars(digits + 16, digits + kDigits, upstream, 16);
  if (read.ec != std::errc{} || !dns::same_question(question, LoopName(secret, upstream).question()))
    return std::nullopt;
  return upstream;
}

}  // namespace pacedns::forward
