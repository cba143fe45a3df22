#include "pacedns/forward/loop_detector.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <string>
#include <string_view>

#include <fmt/format.h>

namespace pacedns::forward {
namespace {

constexpr int kSuspicious = 4;  // of the last 16 flights
constexpr Duration kLastPause = std::chrono::minutes(10);

constexpr std::uint16_t kTypeTxt = 16;
constexpr std::uint16_t kClassIn = 1;

}  // namespace

std::optional<std::size_t> LoopDetector::on_answered(bool joined, std::size_t upstreams, TimePoint now) {
  joined_ = static_cast<std::uint16_t>(std::uint32_t{joined_} << 1U | (joined ? 1U : 0U));
  if (std::popcount(joined_) < kSuspicious || now < not_before_ || upstreams == 0) return std::nullopt;
  if (next_upstream_ >= upstreams) next_upstream_ = 0;
  const std::size_t upstream = next_upstream_++;
  not_before_ = now + kFirstPause;
  if (next_upstream_ == upstreams) {  // the end of a round
    not_before_ = now + pause_;
    pause_ = std::min(2 * pause_, kLastPause);
  }
  return upstream;
}

LoopName::LoopName(std::uint64_t secret, std::size_t upstream, std::uint16_t serial) {
  using namespace std::literals;
  const std::string text = fmt::format(
                               "\x16{:016x}{:02x}{:04x}\x0cpacedns-loop\x07"
                               "example\x03"
                               "com"sv,
                               secret, upstream, serial) +
                           "\0\0\x10\0\x01"s;
  std::ranges::copy(text, wire_.begin());
}

dns::Question LoopName::question() const {
  return {wire_, kTypeTxt, kClassIn};
}

std::optional<std::size_t> LoopName::find_upstream(const dns::Question& question, std::uint64_t secret) {
  if (question.wire.size() != kSize || question.type != kTypeTxt) return std::nullopt;
  const auto* const digits = reinterpret_cast<const char*>(question.wire.data()) + 1;
  std::uint32_t numbers = 0;
  const auto read = std::from_chars(digits + 16, digits + kDigits, numbers, 16);
  if (read.ec != std::errc{} || read.ptr != digits + kDigits) return std::nullopt;
  const std::size_t upstream = numbers >> 16U;
  const LoopName ours(secret, upstream, static_cast<std::uint16_t>(numbers & 0xffffU));
  if (!dns::same_question(question, ours.question())) return std::nullopt;
  return upstream;
}

}  // namespace pacedns::forward
