#pragma once

#include <chrono>
#include <cstdint>

#include "pacedns/base/time.hpp"
#include "pacedns/base/tunable.hpp"

namespace pacedns::plan {

/// Whether the rest of the upstreams are asked once the client has its answer.
enum class Collect : std::uint8_t {
  All,     ///< every upstream is asked, for the pool and for the measurements
  Answer,  ///< nothing is launched after the answer
};

// The limits keep every flight within a stub resolver's patience (5 s a try in resolv.conf(5)) and keep
// "paced" true: a batch of 16 is no longer paced, a stagger below 1 ms is no longer a stagger.
inline constexpr Tunable<unsigned> kActiveTierSize{2, 1, 16};
inline constexpr Tunable<Duration> kFallbackTimeout{std::chrono::milliseconds(300),
                                                    std::chrono::milliseconds(10), std::chrono::seconds(5)};
inline constexpr Tunable<unsigned> kBatchSize{2, 1, 16};
inline constexpr Tunable<Duration> kStaggerDelay{std::chrono::milliseconds(50), std::chrono::milliseconds(1),
                                                 std::chrono::seconds(1)};
inline constexpr Tunable<Duration> kTotalCollectTimeout{
    std::chrono::seconds(3), std::chrono::milliseconds(100), std::chrono::seconds(10)};

/// Whom to ask when. Relations that whoever fills this must hold:
/// `stagger_delay <= fallback_timeout < total_collect_timeout`.
struct PlanOptions {
  unsigned active_tier_size = kActiveTierSize.default_value;
  Duration fallback_timeout = kFallbackTimeout.default_value;
  unsigned batch_size = kBatchSize.default_value;
  Duration stagger_delay = kStaggerDelay.default_value;
  Duration total_collect_timeout = kTotalCollectTimeout.default_value;
  Collect collect = Collect::All;

  friend bool operator==(const PlanOptions&, const PlanOptions&) = default;
};

}  // namespace pacedns::plan
