#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <boost/container/small_vector.hpp>
#include <boost/system/error_code.hpp>

#include "pacedns/base/time.hpp"
#include "pacedns/cache/address_pool.hpp"
#include "pacedns/dns/registry.hpp"
#include "pacedns/upstream/transport.hpp"

namespace pacedns::forward {

/// In which part of a flight's plan an upstream was asked.
enum class Tier : std::uint8_t { Active, Second, Probe };

[[nodiscard]] std::string_view name(Tier tier);

/// How an attempt ended, or that it has not.
enum class AttemptOutcome : std::uint8_t {
  Untried,       ///< not launched, or not yet
  Pending,       ///< under way
  Usable,        ///< a usable reply
  Failure,       ///< a reply that is no use to a client
  NetworkError,  ///< an ICMP error, a refused or reset connection
  NoReply,       ///< silent until the deadline
  NotSent,       ///< it could not be sent
  Abandoned,     ///< the flight ended before it had a fair chance
};

[[nodiscard]] std::string_view name(AttemptOutcome outcome);

/// What there is to tell of one attempt.
struct AttemptStory {
  std::uint16_t upstream = 0;  ///< its number among those of the flight
  Tier tier = Tier::Active;
  AttemptOutcome outcome = AttemptOutcome::Untried;
  bool with_edns = true;
  bool over_tcp = false;
  std::uint8_t retransmissions = 0;
  dns::Rcode rcode = dns::Rcode::NoError;    ///< of the last reply, with Usable and Failure
  boost::system::error_code error;           ///< with NetworkError and NotSent
  std::optional<cache::MergeOutcome> merge;  ///< of a usable reply that came after the answer
  TimePoint launched_at;                     ///< unless it is Untried
  TimePoint ended_at;                        ///< unless it is Untried or Pending
  std::uint32_t reply_at = 0;                ///< where its reply stands among those that are remembered
  std::uint32_t reply_size = 0;              ///< 0: it is not among them
};

/// One time that an upstream was sent the query.
struct Transmission {
  upstream::Transport* transport;
  upstream::Transport::Ticket ticket;
  TimePoint sent_at;
};

/// All that is asked of one upstream within one flight: retransmissions, the retry over TCP and the one
/// without EDNS included.
struct Attempt : AttemptStory {
  [[nodiscard]] bool pending() const { return outcome == AttemptOutcome::Pending; }

  /// Nobody waits for any of them any more. What a transport reports meanwhile finds none of them.
  void end_transmissions();

  /// The RTT to measure the upstream by, when a usable reply comes `took` after it was asked; nothing if a
  /// connection was set up meanwhile on account of a doubt, which anybody may raise.
  [[nodiscard]] std::optional<Duration> path_rtt(Duration took) const {
    return udp_rtt || doubt ? udp_rtt : took;
  }

  std::optional<upstream::SuspicionReason> doubt;  // it is over TCP to find out whether replies were forged
  bool waited = false;                             // for TCP, longer than for a connection
  bool near_misses = false;                        // that reason was there once, and is no reason any more
  bool lower_case = false;          // whether the upstream keeps the letter case could not be found out
  bool probe = false;               // whose end the upstream's health has to be told
  std::optional<Duration> udp_rtt;  // of a reply that took the attempt to TCP
  boost::container::small_vector<Transmission, 2> transmissions;
};

}  // namespace pacedns::forward
