#include "pacedns/health/upstream_health.hpp"

#include <algorithm>

namespace pacedns::health {
namespace {

using Microseconds = std::chrono::duration<std::uint64_t, std::micro>;

constexpr std::uint64_t kMaxMicroseconds = 0xffffffff;

struct Rtt {
  std::uint64_t smoothed = 0;  // µs
  std::uint64_t variance = 0;  // µs
};

constexpr Rtt unpack(std::uint64_t packed) {
  return {packed >> 32, packed & 0xffffffff};
}

constexpr std::uint64_t pack(Rtt rtt) {
  return (std::min(rtt.smoothed, kMaxMicroseconds) << 32) | std::min(rtt.variance, kMaxMicroseconds);
}

/// RFC 6298 §2.2 and §2.3.
constexpr Rtt smooth(Rtt old, std::uint64_t sample) {
  if (old.smoothed == 0) return {sample, sample / 2};
  const std::uint64_t deviation = old.smoothed > sample ? old.smoothed - sample : sample - old.smoothed;
  return {std::max<std::uint64_t>((7 * old.smoothed + sample) / 8, 1), (3 * old.variance + deviation) / 4};
}

/// `pause`, give or take a quarter.
Duration::rep spread(Duration::rep pause, std::uint32_t random) {
  const Duration::rep half = pause / 2;
  return pause - half / 2 +
         static_cast<Duration::rep>((static_cast<double>(random) / 4294967296.0) * static_cast<double>(half));
}

}  // namespace

std::string_view name(State state) {
  switch (state) {
    case State::Up:
      return "up";
    case State::Suspect:
      return "suspect";
    case State::Down:
      return "down";
  }
  return "?";
}

std::optional<Transition> UpstreamHealth::on_success(std::optional<Duration> rtt) {
  if (rtt) measure(*rtt);
  strikes_.store(0, std::memory_order_relaxed);
  failures_.store(0, std::memory_order_relaxed);
  return enter(State::Up);
}

std::optional<Transition> UpstreamHealth::on_soft_failure() {
  failures_.store(0, std::memory_order_relaxed);
  if (strikes_.fetch_add(1, std::memory_order_relaxed) + 1 < kSuspectAfter) return std::nullopt;
  return suspect();
}

std::optional<Transition> UpstreamHealth::on_silence() {
  if (strikes_.fetch_add(1, std::memory_order_relaxed) + 1 < kSuspectAfter) return std::nullopt;
  return suspect();
}

std::optional<Transition> UpstreamHealth::on_failure(TimePoint now, std::uint32_t random) {
  const auto failures = failures_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (state() == State::Down) return std::nullopt;
  if (failures < kDownAfter) return failures >= kSuspectAfter ? suspect() : std::nullopt;
  probe_after(kFirstProbePause.count(), now, random);
  return enter(State::Down);
}

void UpstreamHealth::on_probe_failure(TimePoint now, std::uint32_t random) {
  const auto longer = std::min(2 * probe_pause_.load(std::memory_order_relaxed), kLastProbePause.count());
  probe_after(longer, now, random);
}

std::optional<Duration> UpstreamHealth::smoothed_rtt() const {
  const Rtt rtt = unpack(rtt_.load(std::memory_order_relaxed));
  if (rtt.smoothed == 0) return std::nullopt;
  return Microseconds(rtt.smoothed);
}

Duration UpstreamHealth::retransmission_time() const {
  const Rtt rtt = unpack(rtt_.load(std::memory_order_relaxed));
  if (rtt.smoothed == 0) return kInitialRetransmissionTime;
  return std::clamp<Duration>(Microseconds(rtt.smoothed + 4 * rtt.variance), kMinRetransmissionTime,
                              kMaxRetransmissionTime);
}

bool UpstreamHealth::try_begin_probe(TimePoint now) {
  if (state() != State::Down) return false;
  if (now.time_since_epoch().count() < next_probe_.load(std::memory_order_relaxed)) return false;
  return !probing_.exchange(true, std::memory_order_acquire);
}

bool UpstreamHealth::on_letter_case_in_doubt() {
  if (letter_case_doubts_.fetch_add(1, std::memory_order_relaxed) + 1 < kLetterCaseLostAfter) return false;
  return on_letter_case_lost();
}

void UpstreamHealth::probe_after(Duration::rep pause, TimePoint now, std::uint32_t random) {
  probe_pause_.store(pause, std::memory_order_relaxed);
  next_probe_.store(now.time_since_epoch().count() + spread(pause, random), std::memory_order_relaxed);
}

std::optional<Transition> UpstreamHealth::enter(State next) {
  const State before = state_.exchange(next, std::memory_order_relaxed);
  if (before == next) return std::nullopt;
  return Transition{before, next};
}

std::optional<Transition> UpstreamHealth::suspect() {
  State expected = State::Up;
  if (!state_.compare_exchange_strong(expected, State::Suspect, std::memory_order_relaxed))
    return std::nullopt;
  return Transition{State::Up, State::Suspect};
}

void UpstreamHealth::measure(Duration rtt) {
  const auto sample =
      std::max<std::uint64_t>(static_cast<std::uint64_t>(std::max<Duration::rep>(
                                  std::chrono::duration_cast<std::chrono::microseconds>(rtt).count(), 0)),
                              1);
  std::uint64_t packed = rtt_.load(std::memory_order_relaxed);
  while (
      !rtt_.compare_exchange_weak(packed, pack(smooth(unpack(packed), sample)), std::memory_order_relaxed)) {
  }
}

}  // namespace pacedns::health
