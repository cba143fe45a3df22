#include "pacedns/plan/upstream_order.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace pacedns::plan {
namespace {

constexpr Duration kLeastMove = std::chrono::milliseconds(1);
constexpr int kMoveFraction = 5;

bool has_moved(Duration noted, Duration measured) {
  const Duration distance = std::chrono::abs(measured - noted);
  return distance > kLeastMove && distance * kMoveFraction > noted;
}

}  // namespace

std::span<const std::uint16_t> UpstreamOrder::rank(std::span<const Standing> standings) {
  for (std::size_t i = 0; i < noted_.size(); ++i) {
    const auto& measured = standings[i].smoothed_rtt;
    if (measured && (!noted_[i] || has_moved(*noted_[i], *measured))) noted_[i] = measured;
  }
  order_.resize(noted_.size());
  std::iota(order_.begin(), order_.end(), std::uint16_t{0});
  const auto key = [&](std::uint16_t i) {
    return std::tuple(standings[i].state, noted_[i].value_or(Duration::max()), i);
  };
  std::ranges::sort(order_, {}, key);
  return order_;
}

}  // namespace pacedns::plan
