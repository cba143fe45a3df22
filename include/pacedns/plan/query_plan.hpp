#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <boost/container/small_vector.hpp>

#include "pacedns/base/time.hpp"
#include "pacedns/plan/plan_action.hpp"
#include "pacedns/plan/plan_options.hpp"

namespace pacedns::plan {

/// Whom to ask when, for one flight: the two-tier plan as a state machine. Events and the time go in,
/// actions come out; no sockets, no timers, no clock. See the comment above `advance` in the source for the
/// algorithm.
///
/// A late, repeated or spurious event returns no actions and changes nothing.
class QueryPlan {
 public:
  /// One upstream, in rank order.
  struct Candidate {
    Duration retransmission_time{};
    bool probe = false;   ///< a down upstream on trial: never in the active tier. Probes stand last.
    bool stream = false;  ///< asked over TCP, which retransmits by itself
  };

  /// Without candidates the flight fails as soon as it starts.
  QueryPlan(const PlanOptions& options, std::span<const Candidate> candidates);

  /// T=0. Called once, before any event.
  [[nodiscard]] PlanActions start(TimePoint now);

  [[nodiscard]] PlanActions on_usable(Position position, TimePoint now);
  [[nodiscard]] PlanActions on_failure(Position position, const AttemptFailure& failure, TimePoint now);

  /// The upstream answered with TC=1, and the attempt goes on over TCP: it is neither silent nor
  /// retransmitted.
  void on_moved_to_tcp(Position position);

  /// Replies to the attempt looked forged, and it goes on over TCP to make sure: it is not silent, and has
  /// three retransmission times for a handshake and an exchange there before it is to be retransmitted, or
  /// half of the time that is left.
  void on_doubt(Position position, TimePoint now);

  [[nodiscard]] PlanActions on_deadline(TimePoint now);

  /// Others need the room: the flight ends now if its waiters have been answered.
  [[nodiscard]] PlanActions give_way();

  /// When `on_deadline` is due; kNever once finished.
  [[nodiscard]] TimePoint next_deadline() const;

  [[nodiscard]] bool answered() const { return answered_; }
  [[nodiscard]] bool finished() const { return finished_; }

 private:
  struct Attempt {
    enum class State : std::uint8_t { Untried, Outstanding, Over };

    State state = State::Untried;
    bool stream = false;
    bool silence_noted = false;
    bool probe = false;
    TimePoint silent_at;      // launch + retransmission time
    TimePoint retransmit_at;  // doubles its distance with every retransmission
    Duration retransmission_time{};
  };

  void advance(TimePoint now, PlanActions& actions);
  void launch_active_tier(TimePoint now, PlanActions& actions);
  void launch_batch(TimePoint now, PlanActions& actions);
  void launch(Position position, TimePoint now, PlanActions& actions);
  void note_silence(TimePoint now, PlanActions& actions);
  void retransmit(TimePoint now, PlanActions& actions);
  void answer_failure(PlanActions& actions);
  void expire(PlanActions& actions);
  void finish(PlanActions& actions);

  [[nodiscard]] Position count() const { return static_cast<Position>(attempts_.size()); }
  [[nodiscard]] bool accepts(Position position) const;
  [[nodiscard]] bool may_launch() const;
  [[nodiscard]] bool may_retransmit() const { return !answered_ && untried_ == 0; }

  PlanOptions options_;
  boost::container::small_vector<Attempt, 8> attempts_;
  std::size_t untried_;
  std::size_t outstanding_ = 0;
  bool second_tier_started_ = false;
  bool answered_ = false;
  bool finished_ = false;
  TimePoint started_at_;
  TimePoint next_batch_at_ = kNever;
  TimePoint next_retransmission_at_ = TimePoint::min();
  SecondTierReason reason_ = SecondTierReason::Timeout;
  std::optional<dns::Rcode> best_failure_;
  dns::ExtendedError best_error_ = dns::ExtendedError::None;  // of the same reply
  bool only_network_errors_;
};

}  // namespace pacedns::plan
