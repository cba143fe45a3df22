#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "pacedns/base/time.hpp"

namespace pacedns::health {

/// Ordered from best to worst, as upstreams rank.
enum class State : std::uint8_t { Up, Suspect, Down };

[[nodiscard]] std::string_view name(State state);

/// A change of state, for whoever caused it to log.
struct Transition {
  State from;
  State to;
};

/// This many silent or unhelpful attempts in a row cost an upstream its rank. Small: a good reply gives the
/// rank back at once.
inline constexpr std::uint32_t kSuspectAfter = 3;

/// This many real failures in a row take an upstream out of flights. Larger: it comes back by probes only.
inline constexpr std::uint32_t kDownAfter = 8;

/// This many replies in a row without the letter case of our questions are no forgeries.
inline constexpr std::uint32_t kLetterCaseLostAfter = 3;

/// Pause before the next probe of a down upstream: doubles from the first to the last, give or take a
/// quarter.
inline constexpr Duration kFirstProbePause = std::chrono::seconds(1);
inline constexpr Duration kLastProbePause = std::chrono::seconds(30);

/// The retransmission time is never below this, so that jitter on a fast path is not taken for silence
/// (RFC 6298 §2.4 has a whole second, too long beside a client's patience).
inline constexpr Duration kMinRetransmissionTime = std::chrono::milliseconds(100);
inline constexpr Duration kMaxRetransmissionTime = std::chrono::seconds(2);

/// Before anything has been measured.
inline constexpr Duration kInitialRetransmissionTime = std::chrono::milliseconds(400);

/// How well one upstream does: smoothed RTT and its variance (RFC 6298 §2), and a state.
///
/// Suspect comes quickly and costs little: attempts in a row that stay silent past the retransmission time,
/// or end in an unhelpful RCODE. Down comes slowly and costs much: failures in a row that only the
/// network or the upstream can be blamed for. A good reply mends both.
///
/// Shared by all workers; every function may be called from any thread.
class UpstreamHealth {
 public:
  /// Any reply, whatever it says. What is then found to have gone wrong with queries that were launched
  /// before it is old news: the caller asks `replied_since` before it tells of silence or failure.
  void on_reply(TimePoint now) {
    last_reply_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  }
  [[nodiscard]] bool replied_since(TimePoint launch) const {
    return last_reply_.load(std::memory_order_relaxed) > launch.time_since_epoch().count();
  }

  /// A usable reply, `rtt` after the transmission that it answers; nothing where that says nothing of the
  /// path.
  std::optional<Transition> on_success(std::optional<Duration> rtt);

  /// A reply that is no use to the client (SERVFAIL, REFUSED, …). The upstream is alive, but only a good
  /// reply brings a down one back.
  std::optional<Transition> on_soft_failure();

  /// An attempt has been silent for the retransmission time. It may still be answered.
  std::optional<Transition> on_silence();

  /// An ICMP error, a refused or reset connection, or no reply by the deadline. `random` spreads the
  /// pause before the first probe.
  std::optional<Transition> on_failure(TimePoint now, std::uint32_t random);

  /// The same for a probe: the next one comes after twice the pause.
  void on_probe_failure(TimePoint now, std::uint32_t random);

  [[nodiscard]] State state() const { return state_.load(std::memory_order_relaxed); }

  /// Nothing before the first measurement.
  [[nodiscard]] std::optional<Duration> smoothed_rtt() const;

  /// Smoothed RTT + 4 × variance, within limits.
  [[nodiscard]] Duration retransmission_time() const;

  /// Whether the caller may send a down upstream its one probe now. Whoever got true must call
  /// `end_probe` when the attempt is over, whatever its outcome.
  [[nodiscard]] bool try_begin_probe(TimePoint now);
  void end_probe() { probing_.store(false, std::memory_order_release); }

  /// Whether its replies keep the letter case of our questions, as far as we know.
  [[nodiscard]] bool keeps_letter_case() const { return keeps_letter_case_.load(std::memory_order_relaxed); }
  /// They do not. False if that was known.
  bool on_letter_case_lost() { return keeps_letter_case_.exchange(false, std::memory_order_relaxed); }
  /// A reply over UDP had lost it, or was forged, and TCP, which would tell, does not work. So many in a row
  /// are taken for the upstream's. True if that has changed what is known.
  bool on_letter_case_in_doubt();
  /// A reply had it.
  void on_letter_case_kept() { letter_case_doubts_.store(0, std::memory_order_relaxed); }

 private:
  std::optional<Transition> enter(State next);
  std::optional<Transition> suspect();  // never from Down, whatever other threads do meanwhile
  void probe_after(Duration::rep pause, TimePoint now, std::uint32_t random);
  void measure(Duration rtt);

  std::atomic<std::uint64_t> rtt_{0};  // smoothed RTT << 32 | variance, both in µs; 0: unmeasured
  std::atomic<Duration::rep> last_reply_{TimePoint::min().time_since_epoch().count()};
  std::atomic<std::uint32_t> strikes_{0};
  std::atomic<std::uint32_t> failures_{0};
  std::atomic<State> state_{State::Up};
  std::atomic<bool> probing_{false};
  std::atomic<bool> keeps_letter_case_{true};
  std::atomic<std::uint32_t> letter_case_doubts_{0};
  std::atomic<Duration::rep> probe_pause_{kFirstProbePause.count()};
  std::atomic<Duration::rep> next_probe_{0};
};

}  // namespace pacedns::health
